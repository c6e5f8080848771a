"""Where examples come from: lists, or a folder of files with a table that says what belongs together."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any, Final

from doorstep.errors import UsageError

TABLE: Final = "log.csv"


def rows(given: Any, columns: int) -> list[list[Any]]:
    """A list of at most `columns` values for each example. Raises `UsageError`, naming what is wrong."""
    if isinstance(given, (str, Path)):
        return _of_folder(Path(given), columns)
    if not isinstance(given, (list, tuple)) or not given:
        raise UsageError(f"examples are a list of examples, or the path of a folder of them, not {given!r}")
    return [_row(number, each, columns) for number, each in enumerate(given)]


def _row(number: int, example: Any, columns: int) -> list[Any]:
    if not isinstance(example, (list, tuple)):
        if columns == 1:
            return [example]
        raise UsageError(
            f"example {number} is {example!r}; with {columns} inputs it is a list with a value for each"
        )
    if len(example) > columns:
        raise UsageError(f"example {number} has {len(example)} values for {columns} inputs")
    return list(example)


def _of_folder(folder: Path, columns: int) -> list[list[Any]]:
    if not folder.is_dir():
        raise UsageError(f"examples: there is no folder {str(folder)!r}")
    table = folder / TABLE
    if table.is_file():
        return _of_table(table, columns)
    if columns > 1:
        raise UsageError(
            f"examples: {str(folder)!r} needs a {TABLE} that says which files belong together, "
            f"because there are {columns} inputs"
        )
    files = sorted(path for path in folder.iterdir() if path.is_file() and not path.name.startswith("."))
    if not files:
        raise UsageError(f"examples: the folder {str(folder)!r} is empty")
    return [[str(path)] for path in files]


def _of_table(table: Path, columns: int) -> list[list[Any]]:
    """Cells that name a file of the folder are that file's path; flagged tables have a header."""
    with table.open(newline="", encoding="utf-8") as file:
        lines = [line[:columns] for line in csv.reader(file) if line]
    return [[_cell(table.parent, cell) for cell in line] for line in lines]


def _cell(folder: Path, cell: str) -> str:
    path = folder / cell
    return str(path) if cell and path.is_file() else cell
