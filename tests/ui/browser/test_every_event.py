"""Every event that a component declares reaches the app when a person does what it stands for."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

import doorstep as ds
from tests.ui.browser import acts_of_controls, acts_of_layout, acts_of_media, acts_of_results
from tests.ui.browser.scene import ACTS, Scene, declared

MODULES = (acts_of_controls, acts_of_layout, acts_of_media, acts_of_results)


def test_no_component_with_events_is_left_out() -> None:
    assert set(ACTS) == set(declared())


@pytest.mark.parametrize("kind", sorted(ACTS))
def test_every_event_is_fired_by_a_person(kind: str, page: Page, visit: Callable[[ds.Blocks], Page]) -> None:
    scene = Scene(page, visit)

    ACTS[kind](scene)

    scene.end()


def test_an_act_that_fires_too_little_is_noticed(page: Page, visit: Callable[[ds.Blocks], Page]) -> None:
    scene = Scene(page, visit)
    scene.show(lambda: ds.Number(1, label="number"))
    scene.wanted = {"focus"}
    page.get_by_label("number").focus()
    scene.end()
    scene.wanted = {"focus", "never"}

    with pytest.raises(TimeoutError, match=r"nobody fired \['never'\]"):
        scene.end(deadline=0.1)
