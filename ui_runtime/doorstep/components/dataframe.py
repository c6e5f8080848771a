"""A table: shown, sorted, searched, and filled in like a spreadsheet."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain, repeat
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal, Unpack

from doorstep.components import frames, table_edits
from doorstep.components.arguments import check_option
from doorstep.components.base import Component, ComponentProps, Files
from doorstep.components.frames import Table
from doorstep.components.table_edits import Shown
from doorstep.errors import OutputError, RefusedError, UsageError
from doorstep.events.listener import EventListener
from doorstep.later import note

if TYPE_CHECKING:
    from doorstep.events.visit import Visit

Datatype = Literal["str", "number", "bool", "date", "markdown", "html", "image", "auto"]
Passes = Literal["pandas", "numpy", "polars", "array"]
Count = int | tuple[int, str] | None
"""How many there are at first; `(n, "fixed")` is the older way to say that it stays so."""
Limits = tuple[int | None, int | None] | None

_DATATYPES: Final = ("str", "number", "bool", "date", "markdown", "html", "image", "auto")
_PASSES: Final = ("pandas", "numpy", "polars", "array")
_LATEX: Final = [{"left": "$$", "right": "$$", "display": True}]
_FILES: Final = (".csv", ".tsv", ".txt")

_CELLS: Final = {"number": 1, "bool": True, "date": "2026-01-31"}
"""Examples of a cell."""


class Dataframe(Component):
    """Passes a `DataFrame` of pandas or polars, a numpy array or a list of rows, by `type`.

    Shows any of these, a pandas `Series` or `Styler` (with its texts and colours), a dict of `headers` and
    `data` or of columns, a list of dicts, or the path of a CSV file. `row_limits` and `column_limits` are
    the fewest and the most that a visitor may leave.
    """

    type: ClassVar[str] = "dataframe"
    PROPS: ClassVar = (
        *("headers", "row_count", "row_limits", "column_limits", "datatype"),
        *("latex_delimiters", "max_height", "wrap", "line_breaks", "column_widths", "buttons"),
        *("show_row_numbers", "max_chars", "show_search", "pinned_columns", "static_columns"),
    )
    heavy: ClassVar[bool] = True

    change = EventListener()
    input = EventListener()
    select = EventListener()
    edit = EventListener()

    def __init__(
        self,
        value: Any = None,
        *,
        headers: list[str] | None = None,
        row_count: Count = None,
        row_limits: Limits = None,
        col_count: Count = None,
        column_count: Count = None,
        column_limits: Limits = None,
        datatype: Datatype | Sequence[Datatype] = "str",
        type: Passes = "pandas",  # noqa: A002  # the public name
        latex_delimiters: list[dict[str, str | bool]] | None = None,
        max_height: int | str = 500,
        wrap: bool = False,
        line_breaks: bool = True,
        column_widths: list[str | int] | None = None,
        buttons: list[str] | None = None,
        show_row_numbers: bool = False,
        max_chars: int | None = None,
        show_search: Literal["none", "search", "filter"] = "none",
        pinned_columns: int | None = None,
        static_columns: list[int] | None = None,
        height: int | str | None = None,
        max_rows: int | None = None,
        max_cols: int | None = None,
        overflow_row_behaviour: str | None = None,
        **common: Unpack[ComponentProps],
    ) -> None:
        owner = self.__class__.__name__
        check_option(owner, "type", type, _PASSES)
        check_option(owner, "show_search", show_search, ("none", "search", "filter"))
        self.passes = type
        columns = column_count if column_count is not None else col_count
        self.column_count, self.column_limits = _counted(columns, column_limits)
        self.row_count, self.row_limits = _counted(row_count, row_limits)
        if headers is not None and self.column_count not in {None, len(headers)}:
            raise UsageError(f"{owner}: {len(headers)} headers for column_count={self.column_count}")
        self.headers = list(headers) if headers else list(map(str, range(1, (self.column_count or 3) + 1)))
        self.datatype = datatype if isinstance(datatype, str) else list(datatype)
        for each in [datatype] if isinstance(datatype, str) else datatype:
            check_option(owner, "datatype", each, _DATATYPES)
        self.latex_delimiters = _LATEX if latex_delimiters is None else latex_delimiters
        self.max_height = max_height if height is None else height
        self.wrap = wrap
        self.line_breaks = line_breaks
        self.column_widths = [f"{each}px" if isinstance(each, int) else each for each in column_widths or ()]
        self.buttons = ["fullscreen", "copy"] if buttons is None else buttons
        self.show_row_numbers = show_row_numbers
        self.max_chars = max_chars
        self.show_search = show_search
        self.pinned_columns = pinned_columns
        self.static_columns = list(static_columns or ())
        if max_rows is not None or max_cols is not None or overflow_row_behaviour is not None:
            note(f"{owner}: a table scrolls; max_rows, max_cols and overflow_row_behaviour do nothing")
        self._first: Shown | None = None
        common.setdefault("min_width", 280)
        super().__init__(value, **common)

    def check_needs(self, *, is_read: bool) -> None:
        if is_read and self.passes != "array":
            frames.check_installed(self.passes)

    # -- from the page -------------------------------------------------------------------------

    def preprocess(self, wire: Any, files: Files) -> Any:
        table = self._table(wire)
        try:
            return frames.passed(table, self.passes)
        except UsageError:  # the package is missing
            raise
        except Exception as error:  # noqa: BLE001  # whatever the package says of a table that it cannot hold
            raise self.refuse(f"the table cannot be passed on ({str(error)[:200]})") from None

    def read(self, wire: Any, visit: Visit) -> Any:
        return self.preprocess(self.whole(wire, visit), visit.files)

    def whole(self, wire: Any, visit: Visit) -> Any:
        """A page that has a big table from here sends what was done to it."""
        metadata = wire.get("metadata") if isinstance(wire, dict) else None
        if not isinstance(metadata, dict) or "edits" not in metadata:
            return wire
        try:
            table = table_edits.edited(self._kept(metadata.get("kept"), visit).table(), metadata["edits"])
        except RefusedError as error:
            raise self.refuse(str(error)) from None
        return _wire(table)

    def _kept(self, token: Any, visit: Visit) -> Shown:
        shown = table_edits.recall(visit.kept, self.id, token)
        if shown is None and token == table_edits.FIRST:
            shown = self._first
        if shown is None:
            raise RefusedError("it is not the table that the app has; please reload the page")
        return shown

    def _table(self, wire: Any) -> Table:
        if wire is None:
            return Table(self.headers, [])
        if not isinstance(wire, dict) or not isinstance(wire.get("data"), list):
            raise self.refuse_kind("a table of headers and data", wire)
        headers, rows = wire.get("headers"), wire["data"]
        if not isinstance(headers, list) or not all(map(_is_header, headers)):
            raise self.refuse("its headers are not a list of texts")
        if len(headers) > frames.MAX_COLUMNS:
            raise self.refuse(f"{len(headers):,} columns; at most {frames.MAX_COLUMNS:,} are allowed")
        if not all(isinstance(row, list) for row in rows):
            raise self.refuse("its data is not a list of rows")
        if any(frames.is_deep(cell) for row in rows for cell in row if type(cell) in {list, dict}):
            raise self.refuse("a cell is nested too deeply")
        width = len(headers)
        if all(len(row) == width for row in rows):
            return Table(headers, rows)
        if any(len(row) > width for row in rows):
            raise self.refuse(f"a row has more cells than there are headers ({width})")
        return Table(headers, [row + [None] * (width - len(row)) for row in rows])

    # -- to the page ---------------------------------------------------------------------------

    def postprocess(self, value: Any, files: Files) -> dict[str, Any]:
        table = self._shown(value, files)
        if value is not None and value is self.value and table_edits.is_kept(table):
            self._first = Shown.of(table, table_edits.FIRST)
            return _wire(table, table_edits.FIRST)
        return _wire(table)

    def show(self, value: Any, visit: Visit) -> dict[str, Any]:
        table = self._shown(value, visit.files)
        if visit.tell is None or not table_edits.is_kept(table):
            return _wire(table)
        shown = Shown.of(table)
        table_edits.remember(visit.kept, self.id, shown)
        return _wire(table, shown.token)

    def _shown(self, value: Any, files: Files) -> Table:
        if value is None:
            return Table(self.headers, [])
        if isinstance(value, (str, Path)):
            return frames.table_of(frames.read_csv(_csv_path(value, files)))
        table = frames.table_of(value, self.headers)
        # An empty frame says nothing of its columns.
        return table if table.headers else Table(self.headers, [])

    def blank(self) -> dict[str, Any]:
        return _wire(Table(self.headers, []))

    def api_info(self) -> dict[str, Any]:
        cells = {"type": "array", "items": {}}
        return {
            "type": "object",
            "title": "DataframeData",
            "properties": {
                "headers": {"type": "array", "items": {}, "title": "Headers"},
                "data": {"type": "array", "items": cells, "title": "Data"},
                "metadata": {
                    "anyOf": [
                        {"type": "object", "additionalProperties": {"anyOf": [cells, {"type": "null"}]}},
                        {"type": "null"},
                    ],
                    "default": None,
                    "title": "Metadata",
                },
            },
            "required": ["headers", "data"],
        }

    def api_example(self) -> dict[str, Any]:
        given = [] if isinstance(self.datatype, str) else self.datatype
        kinds = chain(given, repeat(self.datatype if isinstance(self.datatype, str) else "str"))
        cells = [_CELLS.get(kind, "a text") for kind, _ in zip(kinds, self.headers, strict=False)]
        return {"headers": self.headers, "data": [cells], "metadata": None}


class Numpy(Dataframe):
    """A `Dataframe` that passes a numpy array; one empty row at first."""

    def __init__(self, value: Any = None, *, row_count: Count = (1, "dynamic"), **rest: Any) -> None:
        super().__init__(value, row_count=row_count, **{"type": "numpy", **rest})


class Matrix(Dataframe):
    """A `Dataframe` that passes a list of rows; one empty row at first."""

    def __init__(self, value: Any = None, *, row_count: Count = (1, "dynamic"), **rest: Any) -> None:
        super().__init__(value, row_count=row_count, **{"type": "array", **rest})


class List(Dataframe):
    """A `Dataframe` of one column that passes a list of rows."""

    def __init__(
        self, value: Any = None, *, row_count: Count = (1, "dynamic"), col_count: Count = 1, **rest: Any
    ) -> None:
        super().__init__(value, row_count=row_count, col_count=col_count, **{"type": "array", **rest})


DataFrame = Dataframe


def _is_header(header: Any) -> bool:
    """A text or number, or a list of them: several levels."""
    if isinstance(header, list):
        return all(isinstance(each, (str, int, float)) for each in header)
    return isinstance(header, (str, int, float))


def _wire(table: Table, kept: str | None = None) -> dict[str, Any]:
    metadata = table.metadata if kept is None else {**(table.metadata or {}), "kept": kept}
    return {"headers": table.headers, "data": table.rows, "metadata": metadata}


def _counted(count: Count, limits: Limits) -> tuple[int | None, list[int | None] | None]:
    """The number, and the limits that `(n, "fixed")` stands for."""
    number, mode = count if isinstance(count, (tuple, list)) else (count, "dynamic")
    if limits is not None:
        return number, list(limits)
    return number, [number, number] if mode == "fixed" else None


def _csv_path(value: str | Path, files: Files) -> Path:
    """What a function returns may come from a visitor: only tables that may be shown are read."""
    path = Path(value)
    if path.suffix.lower() not in _FILES:
        raise OutputError(f"{str(value)!r} is neither a table nor the path of a .csv file")
    return files.path_of(files.add(path))
