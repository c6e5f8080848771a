"""Every example of docs/blocks.md runs, and what it names is there."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

import doorstep as ds
from doorstep.events.dependency import Dependency
from doorstep.events.trigger import EventOptions
from doorstep.server import App
from tests.ui.calls import run, visit_to

TEXT = (Path(__file__).parents[2] / "docs" / "blocks.md").read_text()
EXAMPLES = re.findall(r"## ([^\n]+)\n(?:(?!\n## ).)*?```python\n(.*?)```", "\n## First\n" + TEXT, re.DOTALL)


def example(title: str) -> dict[str, Any]:
    """What the example under this heading leaves behind."""
    names: dict[str, Any] = {}
    exec(dict(EXAMPLES)[title], names)  # noqa: S102  # our own documentation
    return names


@pytest.mark.parametrize("title", [title for title, _ in EXAMPLES])
def test_an_example_makes_an_app_that_can_be_served(title: str) -> None:
    names = example(title)
    if "server" not in names:  # which serves it already
        App(names["app"]).close()


def test_no_example_is_missed() -> None:
    assert len(EXAMPLES) == TEXT.count("```python") == 12


@pytest.mark.parametrize("name", sorted(set(re.findall(r"\bds\.([A-Za-z_]+)", TEXT))))
def test_every_name_is_there(name: str) -> None:
    assert hasattr(ds, name)


def test_every_option_of_an_event_is_explained() -> None:
    table = TEXT[TEXT.index("| parameter |") : TEXT.index("`event.then(")]
    told = set(
        re.findall(r"`(\w+)`", "".join(line.split("|")[1] for line in table.splitlines() if "|" in line))
    )
    assert told == set(EventOptions.__annotations__) | {"api_name"}


def test_the_examples_do_what_the_text_says() -> None:
    names = example("Events")
    visit = visit_to(names["app"])
    repeat, *_, both = names["app"].dependencies
    assert run(visit, repeat, "ab", 2) == {names["result"].id: {"value": "abab"}}
    assert run(visit, both, "ab", 3) == {names["result"].id: {"value": "ababab"}}
    cities = example("What a function returns")
    found: Dependency = cities["app"].dependencies[0]
    changes = run(visit_to(cities["app"]), found, "Japan")
    assert changes[cities["details"].id] == {"visible": True}
    assert changes[cities["city"].id]["value"] == "Kyoto"
