"""The table of every setting in docs/operations.md, from the settings themselves.

    python -m scripts.settings_docs

A test fails while the document has another one.
"""

from __future__ import annotations

from dataclasses import Field, fields
from pathlib import Path
from typing import Any, Final

from doorstep_relay.config import LIVE, Settings, as_text, flag, source, variable

DOCUMENT: Final = Path(__file__).resolve().parents[1] / "docs" / "operations.md"
BEGIN: Final = "| setting | default | reloads | what it says |\n|---|---|---|---|\n"


def main() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    after = rest[rest.index("\n\n") :] if "\n\n" in rest else "\n"
    DOCUMENT.write_text(before + table().rstrip("\n") + after, encoding="utf-8")


def table() -> str:
    """A row a setting, in the order of the code."""
    return BEGIN + "".join(_row(setting) for setting in fields(Settings))


def _row(setting: Field[Any]) -> str:
    facts = source(setting)
    name = flag(setting.name) if facts.flag else variable(setting.name)
    default = "" if setting.default in (None, "", b"", ()) else f"`{as_text(setting.default, facts.parse)}`"
    reloads = "yes" if setting.name in LIVE else ""
    return f"| `{name}` | {default} | {reloads} | {facts.about.replace('|', '/')} |\n"


if __name__ == "__main__":
    main()
