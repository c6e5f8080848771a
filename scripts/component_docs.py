"""Writes docs/components/ from the code: one page a component, and a table of all.

    python -m scripts.component_docs             the pages
    python -m scripts.component_docs --pictures  the pictures too, of each page's example in a real browser

What a parameter or an event does is said once, in docs/components/words.toml; which there are, their kinds
and their defaults come from the code. A test fails when the pages on disk are not what this writes.
"""

from __future__ import annotations

import argparse
import inspect
import json
import re
import runpy
import tomllib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from doorstep.components import SHORTCUTS
from doorstep.components.base import Component
from doorstep.components.widget import Widget
from doorstep.later import BLOCK
from scripts.component_facts import Parameter, apps, components, events, parameters

if TYPE_CHECKING:
    from doorstep.graph import Block

ROOT: Final = Path(__file__).resolve().parent.parent
FOLDER: Final = ROOT / "docs" / "components"
EXAMPLES: Final = FOLDER / "examples"
PICTURES: Final = FOLDER / "pictures"
SCHEMES: Final = ("light", "dark")
WIDTHS: Final = {"wide": 1280, "phone": 390}
SHOWN_WIDTH: Final = 800
"""Pixels that the pictures of one page have beside each other, both at the same scale."""

NOT_SHOWN: Final = {"State", "BrowserState", "Timer", "Component"}
"""What has no picture: nothing of it is seen."""


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--pictures", action="store_true", help="take the pictures anew")
    parser.add_argument("names", nargs="*", help="the components whose pictures are taken (default: all)")
    given = parser.parse_args()
    FOLDER.mkdir(exist_ok=True)
    if given.pictures:
        from scripts.component_pictures import take

        take(given.names)
    for path, text in pages().items():
        path.write_text(text)


@cache
def pages() -> dict[Path, str]:
    """What each page of docs/components/ has to be."""
    words = Words(tomllib.loads((FOLDER / "words.toml").read_text()))
    kinds = components()
    every = apps() | kinds
    found = {FOLDER / f"{file_name(name)}.md": _page(name, kind, words) for name, kind in every.items()}
    return {FOLDER / "README.md": _index(kinds, words), **found}


def file_name(name: str) -> str:
    """`CheckboxGroup` -> `checkbox-group`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", name.replace("3D", "3d")).lower()


def example_of(name: str) -> Path | None:
    """The script that shows a component: it leaves an `app` behind."""
    path = EXAMPLES / f"{file_name(name).replace('-', '_')}.py"
    return path if path.is_file() else None


def app_of(path: Path) -> Any:
    """The app that an example makes; it does not serve it."""
    return runpy.run_path(str(path))["app"]


class Words:
    """What parameters and events do, in words."""

    def __init__(self, table: dict[str, dict[str, str]]) -> None:
        self._table = table
        self.missing: list[str] = []

    def parameter(self, component: str, name: str) -> str:
        return self._said(component, "parameters", name)

    def event(self, component: str, name: str) -> str:
        return self._said(component, "events", name)

    def _said(self, component: str, kind: str, name: str) -> str:
        for table in (f"{component}.{kind}", kind):
            said = self._find(table, name)
            if said is not None:
                return said
        self.missing.append(f"{component}.{name}")
        return ""

    def _find(self, table: str, name: str) -> str | None:
        found: Any = self._table
        for step in table.split("."):
            found = found.get(step, {})
        said: str | None = found.get(name)
        return said


# -- a page ------------------------------------------------------------------------------------------


def _page(name: str, kind: type[Block], words: Words) -> str:
    own = [each for each in parameters(kind) if not each.is_common]
    parts = [
        f"# {name}",
        _summary(kind),
        _picture(name),
        _example(name),
        _shortcuts(name),
        "## Parameters",
        _parameter_table(name, own, words) if own else "It has none of its own.",
        _more(name),
        *_events(name, kind, words),
        *_schema(name, kind),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _more(name: str) -> str:
    if name in apps():
        return "And [how it looks](../look.md): `theme`, `css`, `js`, `head` and so on."
    return "And [what every block takes](README.md#every-block)."


def _summary(kind: type[Block]) -> str:
    return inspect.cleandoc(kind.__doc__ or "")


def _picture(name: str) -> str:
    if not (PICTURES / f"{file_name(name)}-wide-light.webp").is_file():
        return ""
    return "\n".join([_one_picture(name, "wide", "on a page"), _one_picture(name, "phone", "on a phone")])


def _one_picture(name: str, width: str, where: str) -> str:
    base = f"pictures/{file_name(name)}-{width}"
    dark = f'<source media="(prefers-color-scheme: dark)" srcset="{base}-dark.webp">'
    shown = WIDTHS[width] * SHOWN_WIDTH // sum(WIDTHS.values())
    image = f'<img src="{base}-light.webp" alt="{name} {where}" width="{shown}" align="top">'
    return f"<picture>{dark}{image}</picture>"


def _example(name: str) -> str:
    path = example_of(name)
    return f"```python\n{path.read_text().strip()}\n```" if path else ""


def _shortcuts(name: str) -> str:
    known = [f'`"{word}"`' for word, target in sorted(SHORTCUTS.items()) if target == name]
    return f"In `Interface` the word {' or '.join(known)} stands for it." if known else ""


def _parameter_table(name: str, known: list[Parameter], words: Words) -> str:
    rows = [
        f"| `{each.name}` | {_code(each.kind)} | {_code(each.default)} | {words.parameter(name, each.name)} |"
        for each in known
    ]
    return "\n".join(["| parameter | kind | default | |", "|---|---|---|---|", *rows])


def _code(text: str) -> str:
    return f"`{text}`".replace("|", "\\|") if text else ""


def _events(name: str, kind: type[Block], words: Words) -> list[str]:
    known = events(kind)
    if not known:
        return []
    rows = [f"| `{each}` | {words.event(name, each)} |" for each in known]
    return ["## Events", "\n".join(["| event | when |", "|---|---|", *rows])]


def _schema(name: str, kind: type[Block]) -> list[str]:
    if not issubclass(kind, Component) or name in NOT_SHOWN:
        return []
    schema = made(kind).api_info()
    if not schema:
        return []
    return ["## In the HTTP API", f"```json\n{json.dumps(schema, indent=2, ensure_ascii=False)}\n```"]


def made(kind: type[Block]) -> Any:
    """One of this kind, with as little as it takes."""
    given: dict[str, Any] = {"components": ["text"], "samples": [["a"]], "choices": ["a", "b"]}
    if kind is Widget:
        given["esm"] = "export default { render() {} }"
    needed = {each.name for each in parameters(kind) if not each.default} | {"esm"}
    return kind(**{key: value for key, value in given.items() if key in needed}, render=False)


# -- the table of all ------------------------------------------------------------------------------


_INTRODUCTION: Final = """\
Every block that can stand on a page. Names, parameters and events are Gradio's.
These pages are written from the code by `make component-docs`."""

_LATER: Final = """\
Every parameter in the tables of these pages works. These, of other versions of Gradio, are taken by every
block so that scripts run; a warning at the script's own line says that they do nothing here"""


def _index(kinds: dict[str, type[Block]], words: Words) -> str:
    rows = _rows(kinds)
    common = [each for each in parameters(Component) if each.name != "value"]
    parts = [
        "# Components",
        _INTRODUCTION,
        "\n".join(["| | |", "|---|---|", *rows]),
        "## Whole pages",
        "\n".join(["| | |", "|---|---|", *_rows(apps())]),
        "## Every block",
        "Layout takes those from `visible` on; what has a value takes all.",
        _parameter_table("Component", common, words),
        "## What is taken and does nothing",
        f"{_LATER}: {', '.join(f'`{each}`' for each in sorted(BLOCK))}.",
    ]
    return "\n\n".join(parts) + "\n"


def _rows(kinds: dict[str, type[Block]]) -> list[str]:
    return [f"| [{name}]({file_name(name)}.md) | {_first_line(kind)} |" for name, kind in kinds.items()]


def _first_line(kind: type[Block]) -> str:
    return _summary(kind).splitlines()[0] if kind.__doc__ else ""


if __name__ == "__main__":
    main()
