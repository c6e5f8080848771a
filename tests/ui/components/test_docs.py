"""docs/components is what the code says, and its examples make apps."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from doorstep.server import App
from scripts.component_docs import EXAMPLES, FOLDER, Words, app_of, example_of, pages
from scripts.component_facts import apps, components, events, parameters


@pytest.mark.parametrize("path", sorted(pages()), ids=lambda path: path.stem)
def test_a_page_is_what_the_code_says(path: Path) -> None:
    assert path.is_file(), "run: make component-docs"
    assert path.read_text() == pages()[path], "run: make component-docs"


def test_no_page_is_left_of_a_component_that_is_gone() -> None:
    assert {path.name for path in FOLDER.glob("*.md")} == {path.name for path in pages()}


def test_every_parameter_and_event_is_explained() -> None:
    words = Words(tomllib.loads((FOLDER / "words.toml").read_text()))
    for name, kind in (apps() | components()).items():
        for parameter in parameters(kind):
            words.parameter(name, parameter.name)
        for event in events(kind):
            words.event(name, event)
    assert words.missing == []


@pytest.mark.parametrize("name", sorted(components()))
def test_every_component_says_what_it_is_and_has_an_example(name: str) -> None:
    kind = components()[name]
    assert kind.__doc__, "a docstring says what it passes and shows"
    is_variation = any(base.__name__ in components() for base in kind.__mro__[1:])
    assert is_variation or example_of(name) is not None


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.py")), ids=lambda path: path.stem)
def test_an_example_makes_an_app(path: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    App(app_of(path)).close()
