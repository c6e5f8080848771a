"""The public surface: every name, parameter and event of scripts written for Gradio is there, and what a
component sends to the page, the page reads. `surface.json` has what Gradio 6.31 takes, as a table.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

import pytest

import doorstep
from scripts.component_facts import components, events, fires, is_later, page_source, parameters, reads

SURFACE: Final = json.loads((Path(__file__).parent / "surface.json").read_text())
KNOWN: Final = SURFACE["components"]
OURS: Final = components()
BY_ITSELF: Final = {
    *("visible", "elem_id", "elem_classes", "scale", "min_width", "label", "info", "show_label", "container"),
    *("interactive", "value"),
}
"""What every page module does through its frame."""
BY_ITS_SCRIPT: Final = {"html"}
"""What fires what events is for the app's own script to say: `trigger("name")`."""
INVISIBLE: Final = {"state", "browser_state", "timer", "navbar", "api"}


@pytest.mark.parametrize("name", sorted(KNOWN))
def test_a_component_takes_every_known_parameter(name: str) -> None:
    taken = {each.name for each in parameters(getattr(doorstep, name))}
    missing = [each for each in KNOWN[name]["parameters"] if each not in taken and not is_later(each)]
    assert missing == []


@pytest.mark.parametrize("name", sorted(KNOWN))
def test_a_component_has_every_known_event(name: str) -> None:
    assert set(KNOWN[name]["events"]) - set(events(getattr(doorstep, name))) == set()


@pytest.mark.parametrize(("alias", "name"), sorted(SURFACE["aliases"].items()))
def test_other_spellings_are_the_same_component(alias: str, name: str) -> None:
    assert issubclass(getattr(doorstep, alias), getattr(doorstep, name))


@pytest.mark.parametrize("name", [each for each in OURS if OURS[each].type not in INVISIBLE])
def test_the_page_reads_what_a_component_sends(name: str) -> None:
    kind = OURS[name]
    source = page_source(kind)
    assert source, f"no page module shows {kind.type}"
    sent = {each for base in kind.__mro__ for each in getattr(base, "PROPS", ())}
    assert [each for each in sorted(sent - BY_ITSELF) if not reads(source, each)] == []


@pytest.mark.parametrize("name", [each for each in OURS if OURS[each].type not in INVISIBLE | BY_ITS_SCRIPT])
def test_the_page_fires_every_event_of_a_component(name: str) -> None:
    source = page_source(OURS[name])
    by_node = {"change", "input"}  # `ComponentNode` fires them
    assert [each for each in events(OURS[name]) if each not in by_node and not fires(source, each)] == []
