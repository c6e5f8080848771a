"""What a person did to a table, for one that is too big to be sent back whole.

The app remembers what it showed last, by a token; the page sends the token and a list of edits:

    ["set", row, column, cell]      ["rename", column, header]      ["keep", [row, …]]
    ["insert_rows", row, rows]      ["delete_rows", row, count]
    ["insert_column", column, header]                               ["delete_column", column]
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec

from doorstep.components.frames import Table
from doorstep.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable

SMALLEST_KEPT: Final = 10_000
"""Cells of a table that is remembered: a smaller one is sent whole, which needs no memory here."""

FIRST: Final = "first"
"""The token of the value that a component was made with."""

MOST_WORK: Final = 30_000_000
"""Cells that the edits of one message may move: a second of work."""

_VERSIONS: Final = 2
"""A page may act on the table before while the next one is on its way."""


class Shown(NamedTuple):
    """A table as JSON: a tenth of the memory that it takes as objects."""

    token: str
    json: bytes

    @classmethod
    def of(cls, table: Table, token: str | None = None) -> Shown:
        return cls(token or secrets.token_urlsafe(9), msgspec.json.encode([table.headers, table.rows]))

    def table(self) -> Table:
        headers, rows = msgspec.json.decode(self.json)
        return Table(headers, rows)


def is_kept(table: Table) -> bool:
    return len(table.rows) * len(table.headers) >= SMALLEST_KEPT


def remember(kept: dict[int, Any], component: int, shown: Shown) -> None:
    kept[component] = [shown, *kept.get(component, ())][:_VERSIONS]


def recall(kept: dict[int, Any], component: int, token: Any) -> Shown | None:
    return next((each for each in kept.get(component, ()) if each.token == token), None)


def edited(table: Table, edits: Any) -> Table:
    """The table after the edits. Raises `RefusedError` for one that does not fit it."""
    if not isinstance(edits, list):
        raise RefusedError("the edits of a table are a list")
    headers, rows = list(table.headers), list(table.rows)
    work = 0
    for edit in edits:
        try:
            name, *given = edit
            _EDITS[name](headers, rows, *given)
        except (TypeError, ValueError, KeyError, IndexError):
            raise RefusedError(f"{str(edit)[:80]} is no edit of this table") from None
        work += _work(name, headers, rows)
        if work > MOST_WORK:
            raise RefusedError("too much was done to the table at once; please reload the page")
    return Table(headers, rows)


def _work(name: str, headers: list[Any], rows: list[Any]) -> int:
    """About how many cells the edit moved: few words can ask for much."""
    if name in {"insert_column", "delete_column"}:
        return len(rows) * len(headers)
    return len(headers) if name == "set" else 1 + len(rows) // 8


def _set(headers: list[Any], rows: list[Any], row: int, column: int, cell: Any) -> None:
    place = _within(column, headers)
    rows[_within(row, rows)] = [*rows[row][:place], cell, *rows[row][place + 1 :]]


def _insert_rows(headers: list[Any], rows: list[Any], row: int, new: list[list[Any]]) -> None:
    if any(len(each) != len(headers) for each in new):
        raise ValueError(new)
    rows[_within(row, rows, 1) : row] = new


def _delete_rows(_headers: list[Any], rows: list[Any], row: int, count: int) -> None:
    del rows[_within(row, rows) : row + _within(count, rows, 1)]


def _keep(_headers: list[Any], rows: list[Any], kept: list[int]) -> None:
    rows[:] = [rows[_within(row, rows)] for row in kept]


def _insert_column(headers: list[Any], rows: list[Any], column: int, header: Any) -> None:
    headers.insert(_within(column, headers, 1), header)
    rows[:] = [[*row[:column], None, *row[column:]] for row in rows]


def _delete_column(headers: list[Any], rows: list[Any], column: int) -> None:
    del headers[_within(column, headers)]
    rows[:] = [[*row[:column], *row[column + 1 :]] for row in rows]


def _rename(headers: list[Any], _rows: list[Any], column: int, header: Any) -> None:
    headers[_within(column, headers)] = header


def _within(place: int, places: list[Any], more: int = 0) -> int:
    if type(place) is not int or not 0 <= place < len(places) + more:
        raise IndexError(place)
    return place


_EDITS: Final[dict[Any, Callable[..., None]]] = {
    "set": _set,
    "insert_rows": _insert_rows,
    "delete_rows": _delete_rows,
    "keep": _keep,
    "insert_column": _insert_column,
    "delete_column": _delete_column,
    "rename": _rename,
}
