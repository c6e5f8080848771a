"""What commands print: aligned tables for people, JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

import click


def print_json(rows: Iterable[dict[str, Any]]) -> None:
    """A list of objects."""
    click.echo(json.dumps(list(rows), indent=2))


def print_table(heads: Sequence[str], rows: Iterable[Sequence[str]], *, nothing: str) -> None:
    """Columns as wide as their widest cell; the sentence `nothing` on stderr instead of an empty table."""
    cells = [tuple(_plain(cell) for cell in row) for row in rows]
    if not cells:
        click.echo(nothing, err=True)
        return
    widths = [max(map(len, column)) for column in zip(heads, *cells, strict=True)]
    for row in (tuple(heads), *cells):
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def _plain(text: str) -> str:
    """Without control characters: a reason or a name must not steer the operator's terminal."""
    return "".join(sign if sign.isprintable() else "?" for sign in text)
