"""Tables in and out of the kinds people use: pandas, polars, numpy, lists. Each is imported at its turn.

On the wire a table is a list of headers and a list of rows. A missing cell (`None`, NaN, NaT) is null; what
JSON has no number for, the infinities and integers past 2**53, is text, and a number again when it is back.
"""

from __future__ import annotations

import re
import sys
from importlib import import_module
from importlib.util import find_spec
from math import isfinite
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from doorstep.errors import MissingExtraError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

MAX_INT: Final = 1 << 53
"""The page's numbers are exact up to here."""

MAX_DEPTH: Final = 8
"""Levels of lists in one cell of a visitor's table."""
MAX_COLUMNS: Final = 10_000

_ODD: Final = re.compile(r"-?(?:Infinity|\d{16,4000})")
"""Longer numbers stay text: Python reads none of more than 4300 digits."""

_MISSING: Final = frozenset({"NAType", "NaTType"})


class Table(NamedTuple):
    """A table as it is on the wire: `rows` are as long as `headers`."""

    headers: list[Any]
    rows: list[Any]
    metadata: dict[str, Any] | None = None
    """`display_value` and `styling`: texts and CSS, cell by cell."""


def table_of(value: Any, headers: Sequence[Any] = ()) -> Table:
    """The table that `value` is; `headers` are for a value without any. Raises `ValueError` if it is none."""
    for is_kind, read in _KINDS:
        if is_kind(value):
            table: Table = read(value, headers)
            return table
    if isinstance(value, dict):
        return _of_dict(value, headers)
    if isinstance(value, (list, tuple)):
        return _of_list(value, headers)
    raise ValueError(f"a {type(value).__name__} is no table")


# -- from Python -------------------------------------------------------------------------------


def _of_pandas(frame: Any, _headers: Sequence[Any]) -> Table:
    columns = [_pandas_cells(frame.iloc[:, place]) for place in range(frame.shape[1])]
    return Table([_header(each) for each in frame.columns], _rows(columns))


def _of_series(series: Any, _headers: Sequence[Any]) -> Table:
    return Table([_header(series.name) if series.name is not None else "1"], _rows([_pandas_cells(series)]))


def _pandas_cells(column: Any) -> list[Any]:
    kind = column.dtype.kind
    if kind in "Mm":
        texts: list[Any] = column.astype(str).tolist()
        return [None if gone else text for text, gone in zip(texts, column.isna().tolist(), strict=True)]
    if kind == "f" and column.dtype.itemsize < 8:
        narrow = column.to_numpy(dtype=column.dtype.name.lower(), na_value=float("nan"))
        return [_float(float(str(each))) for each in narrow]
    return _cells(column.tolist())


def _of_styler(styler: Any, headers: Sequence[Any]) -> Table:
    """A pandas `Styler`: its data, with the texts and colours that it would show."""
    table = _of_pandas(styler.data, headers)
    styler._compute()
    shown = styler._translate(False, False)  # noqa: FBT003  # sparse index, sparse columns
    body = [[cell for cell in row if cell["type"] == "td"] for row in shown["body"]]
    styles = {
        selector: "; ".join(f"{name}: {value}" for name, value in each["props"])
        for each in shown["cellstyle"]
        for selector in each["selectors"]
    }
    hidden = set(styler.hidden_columns)
    kept = [place for place in range(len(table.headers)) if place not in hidden]
    metadata = {
        "display_value": [[str(row[place]["display_value"]) for place in kept] for row in body],
        "styling": [[styles.get(row[place]["id"], "") for place in kept] for row in body],
    }
    rows = [[row[place] for place in kept] for row in table.rows] if hidden else table.rows
    return Table([table.headers[place] for place in kept], rows, metadata)


def _of_polars(frame: Any, _headers: Sequence[Any]) -> Table:
    columns = [_cells(column.to_list()) for column in frame.iter_columns()]
    return Table([str(each) for each in frame.columns], _rows(columns))


def _of_numpy(array: Any, headers: Sequence[Any]) -> Table:
    if array.ndim > 2 or array.ndim == 0:
        raise ValueError(f"an array of {array.ndim} dimensions is no table")
    table = array.reshape(-1, 1) if array.ndim == 1 else array
    columns = [_numpy_cells(table[:, place]) for place in range(table.shape[1])]
    return Table(_named(headers, len(columns)), _rows(columns))


def _numpy_cells(column: Any) -> list[Any]:
    if column.dtype.kind in "Mm":
        return [None if each == "NaT" else each.replace("T", " ") for each in column.astype(str).tolist()]
    if column.dtype.kind == "f" and column.dtype.itemsize < 8:
        return [_float(float(str(each))) for each in column]
    return _cells(column.tolist())


def _of_dict(value: dict[Any, Any], headers: Sequence[Any]) -> Table:
    """`{"headers", "data", "metadata"}`, or columns by their names."""
    if "data" in value:
        table = table_of(value["data"], value.get("headers") or headers)
        return Table(table.headers, table.rows, value.get("metadata"))
    if "headers" in value:
        return Table(list(value["headers"]), [])
    columns = [_cells(each if isinstance(each, (list, tuple)) else list(each)) for each in value.values()]
    return Table([_header(each) for each in value], _rows(columns))


def _of_list(value: Sequence[Any], headers: Sequence[Any]) -> Table:
    if value and all(isinstance(row, dict) for row in value):
        names = list(dict.fromkeys(name for row in value for name in row))
        return Table(
            [_header(each) for each in names], [[plain(row.get(name)) for name in names] for row in value]
        )
    rows = [
        _cells(row) if isinstance(row, (list, tuple)) or _is_array(row) else [plain(row)] for row in value
    ]
    width = max(map(len, rows), default=len(headers))
    if any(len(row) != width for row in rows):
        rows = [row + [None] * (width - len(row)) for row in rows]
    return Table(_named(headers, width), rows)


def _rows(columns: list[list[Any]]) -> list[Any]:
    return list(zip(*columns, strict=True))


def _named(headers: Sequence[Any], width: int) -> list[Any]:
    """As many headers as there are columns: those without one are numbered."""
    return [*map(_header, headers[:width]), *map(str, range(len(headers[:width]) + 1, width + 1))]


def _header(name: Any) -> Any:
    """Several levels stay a list; a number stays one."""
    if isinstance(name, tuple):
        return [_header(each) for each in name]
    cell = plain(name)
    return cell if isinstance(cell, (str, int, float)) else str(cell)


def _cells(values: Iterable[Any]) -> list[Any]:
    return [each if type(each) is str else plain(each) for each in values]


def plain(value: Any) -> Any:  # noqa: PLR0911  # one line for each kind
    """A cell as JSON can hold it."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, float):
        return _float(float(value))
    if isinstance(value, int):
        return int(value) if -MAX_INT <= value <= MAX_INT else str(value)
    if isinstance(value, str):
        return str(value)
    if isinstance(value, (list, tuple)):
        return [plain(each) for each in value]
    if isinstance(value, dict):
        return {str(key): plain(each) for key, each in value.items()}
    if type(value).__name__ in _MISSING:
        return None
    if getattr(value, "ndim", None) == 0 and hasattr(value, "item"):
        return plain(value.item())
    return str(value)


def _float(value: float) -> float | str | None:
    if isfinite(value):
        return value
    return None if value != value else ("Infinity" if value > 0 else "-Infinity")  # noqa: PLR0124  # NaN


def _is_array(value: Any) -> bool:
    return hasattr(value, "__array__") and hasattr(value, "dtype") and hasattr(value, "ndim")


_KINDS: Final[tuple[tuple[Callable[[Any], bool], Callable[[Any, Sequence[Any]], Table]], ...]] = (
    (lambda value: hasattr(value, "iloc") and hasattr(value, "columns"), _of_pandas),
    (lambda value: hasattr(value, "iloc") and hasattr(value, "name"), _of_series),
    (lambda value: hasattr(value, "iter_columns") and hasattr(value, "columns"), _of_polars),
    (
        lambda value: hasattr(value, "collect_schema") and hasattr(value, "collect"),
        lambda value, headers: _of_polars(value.collect(), headers),
    ),
    (lambda value: hasattr(value, "_translate") and hasattr(value, "data"), _of_styler),
    (_is_array, _of_numpy),
    (lambda value: hasattr(value, "to_pandas"), lambda value, headers: table_of(value.to_pandas(), headers)),
)
"""How a kind of table is known, and read. By what it can do: that needs no import of what it comes from."""


def read_csv(path: Path) -> Any:
    """The `DataFrame` in a file of comma- or tab-separated values."""
    return module("pandas").read_csv(path, sep="\t" if path.suffix == ".tsv" else ",")


# -- to Python ---------------------------------------------------------------------------------


def is_deep(cell: Any, most: int = MAX_DEPTH) -> bool:
    """Whether a cell holds lists in lists, or objects, beyond `most` levels."""
    if not isinstance(cell, (list, dict)):
        return False
    inside = cell.values() if isinstance(cell, dict) else cell
    return most == 0 or any(is_deep(each, most - 1) for each in inside)


def passed(table: Table, kind: str) -> Any:
    """The table as a `DataFrame` of pandas or polars, a numpy array, or a list of lists."""
    columns = [_restored(column) for column in zip(*table.rows, strict=True)]
    if kind == "pandas":
        return _to_pandas(table.headers, columns)
    if kind == "polars":
        return _to_polars(table.headers, columns)
    rows = [list(row) for row in zip(*columns, strict=True)]
    return _to_numpy(rows) if kind == "numpy" else rows


def _to_pandas(headers: list[Any], columns: list[Sequence[Any]]) -> Any:
    pd = module("pandas")
    names = [tuple(each) if isinstance(each, list) else each for each in headers]
    index = pd.MultiIndex.from_tuples(names) if _has_levels(names) else pd.Index(names)
    if not columns:
        return pd.DataFrame(columns=index)
    frame = pd.DataFrame({place: list(column) for place, column in enumerate(columns)})
    frame.columns = index
    return frame


def _has_levels(names: list[Any]) -> bool:
    return bool(names) and all(isinstance(each, tuple) and len(each) == len(names[0]) for each in names)


def _to_polars(headers: list[Any], columns: list[Sequence[Any]]) -> Any:
    pl = module("polars")
    names = _distinct(map(header_text, headers))
    series = [
        pl.Series(name, list(column), strict=False) for name, column in zip(names, columns, strict=False)
    ]
    return pl.DataFrame(series) if columns else pl.DataFrame(schema=names)


def _distinct(given: Iterable[str]) -> list[str]:
    """The names; those that were there before are `a_`, `a_2`, `a_3`."""
    names: dict[str, int] = {}
    for each in given:
        name = each
        while name in names:
            names[each] += 1
            name = f"{each}_{names[each] if names[each] > 1 else ''}"
        names[name] = 0
    return list(names)


def _to_numpy(rows: list[list[Any]]) -> Any:
    np = module("numpy")
    kinds = {type(cell) for row in rows for cell in row}
    return np.array(rows, dtype=object if len(kinds) > 1 and not kinds <= {int, float} else None)


def _restored(column: Sequence[Any]) -> Sequence[Any]:
    """Numbers that were sent as text are numbers again, among numbers."""
    kinds = set(map(type, column))
    if str not in kinds or not kinds & {int, float}:
        return column
    texts = [each for each in column if type(each) is str]
    if not all(_ODD.fullmatch(each) for each in texts):
        return column
    return [_number(each) if type(each) is str else each for each in column]


def _number(text: str) -> int | float:
    return float(text) if text.endswith("y") else int(text)


def header_text(header: Any) -> str:
    """What a header reads as; that of several levels in one line."""
    return " / ".join(map(str, header)) if isinstance(header, list) else str(header)


# -- packages ----------------------------------------------------------------------------------

_EXTRAS: Final = {"numpy": "table", "pandas": "table", "polars": "polars"}


def check_installed(package: str) -> None:
    """Raises `MissingExtraError` when the package is missing; imports nothing."""
    try:
        found = find_spec(package) is not None
    except ValueError:  # it stands in `sys.modules` as None, or without a spec
        found = sys.modules.get(package) is not None
    if not found:
        raise _missing(package)


def module(package: str) -> Any:
    """The package. Raises `MissingExtraError` with the command that installs it."""
    try:
        return import_module(package)
    except ModuleNotFoundError:
        raise _missing(package) from None


def _missing(package: str) -> MissingExtraError:
    return MissingExtraError(package, _EXTRAS[package], "a table of this kind")
