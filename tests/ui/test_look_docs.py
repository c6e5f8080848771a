"""Every example of docs/custom-components.md and docs/look.md runs, and the options are all told."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

import doorstep as ds
from doorstep.look import OPTIONS
from doorstep.server import App

DOCS = Path(__file__).parents[2] / "docs"
TEXTS = {name: (DOCS / name).read_text() for name in ("custom-components.md", "look.md")}
EXAMPLES = [
    (f"{name}-{number}", source)
    for name, text in TEXTS.items()
    for number, source in enumerate(re.findall(r"```python\n(.*?)```", text, re.DOTALL))
]


def example(name: str) -> dict[str, Any]:
    """What an example leaves behind."""
    names: dict[str, Any] = {"__name__": "example"}
    exec(dict(EXAMPLES)[name], names)  # noqa: S102  # our own documentation
    return names


@pytest.mark.parametrize("name", [name for name, _ in EXAMPLES])
def test_an_example_makes_an_app_that_can_be_served(name: str) -> None:
    App(example(name)["app"]).close()


@pytest.mark.parametrize("name", sorted(set(re.findall(r"\bds\.([A-Za-z_0-9]+)", "".join(TEXTS.values())))))
def test_every_name_is_there(name: str) -> None:
    assert hasattr(ds, name)


@pytest.mark.parametrize("option", sorted(OPTIONS))
def test_every_option_is_told(option: str) -> None:
    assert f"`{option}`" in TEXTS["look.md"]
