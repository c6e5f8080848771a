"""Flagging: what visitors mark as noteworthy is written down, inputs and outputs of the run together.

A callback gets wire values. A file among them has the path of its bytes on this machine as `path`
(that is what `preprocess=False` gives a function); the loggers copy it beside the table.
"""

from __future__ import annotations

import csv
import datetime
import itertools
import json
import re
import shutil
import threading
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from doorstep.errors import UsageError
from doorstep.files import parse_size, safe_name
from doorstep.folder_budget import FolderBudget

if TYPE_CHECKING:
    from doorstep.components.base import Component

Cell = str | int | float | bool | None

MAX_SIZE: Final = 1 << 30
"""Bytes that a folder of flagged samples may hold, unless its logger says otherwise."""

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""A spreadsheet takes a cell for a formula that begins so; the last four are wide signs."""


class FlaggingCallback(ABC):
    """Takes what visitors flag. Derive from it to write to a database, say."""

    @abstractmethod
    def setup(self, components: Sequence[Component], flagging_dir: str | Path) -> None:
        """Called once: the components whose values `flag` will get, and the folder to write to."""

    @abstractmethod
    def flag(self, flag_data: list[Any], flag_option: str | None = None, username: str | None = None) -> int:
        """Write down one sample; returns how many there are now."""


class CSVLogger(FlaggingCallback):
    """One row a sample, with a header of labels; files are copied into folders beside the table.

    The table is `dataset1.csv` of the folder, and `dataset2.csv` once the labels are others, and so on,
    unless `dataset_file_name` names it. Safe to call from several threads. Cells that a spreadsheet would
    run as formulas are marked as text with an apostrophe. When the folder holds `max_size` (bytes, or words
    like "5gb"), nothing more is written, and who flags is told so.
    """

    def __init__(
        self,
        simplify_file_data: bool = True,
        verbose: bool = True,
        dataset_file_name: str | None = None,
        *,
        max_size: int | str = MAX_SIZE,
    ) -> None:
        self.max_size = parse_size(max_size)
        self.simplify_file_data = simplify_file_data
        self.verbose = verbose
        self.dataset_file_name = dataset_file_name
        self._lock = threading.Lock()
        self._rows: dict[Path, int] = {}

    def setup(self, components: Sequence[Component], flagging_dir: str | Path) -> None:
        self.components = list(components)
        self.flagging_dir = Path(flagging_dir)
        self._budget = FolderBudget(self.flagging_dir, self.max_size)
        self.labels = [
            component.label or f"component {number}" for number, component in enumerate(self.components)
        ]

    def flag(self, flag_data: list[Any], flag_option: str | None = None, username: str | None = None) -> int:
        if len(flag_data) != len(self.labels):
            raise UsageError(
                f"{type(self).__name__} was set up for {len(self.labels)} components, "
                f"got {len(flag_data)} values"
            )
        header = [*self.labels, *self._more(flag_option, username), "timestamp"]
        with self._lock:
            self.flagging_dir.mkdir(parents=True, exist_ok=True)
            self._budget.take(_size_of(flag_data))
            table = self._table(header)
            row = [self._cell(label, wire) for label, wire in zip(self.labels, flag_data, strict=True)]
            row += [each for each in (flag_option, username) if each is not None]
            return self._append(table, header, [*row, datetime.datetime.now().astimezone().isoformat()])

    def _more(self, flag_option: str | None, username: str | None) -> list[str]:
        given = {"flag": flag_option, "username": username}
        return [name for name, value in given.items() if value is not None]

    def _table(self, header: list[str]) -> Path:
        """The file for rows with this header: the newest, or the one after it."""
        if self.dataset_file_name is not None:
            table = self.flagging_dir / self.dataset_file_name
            if table.exists() and _header_of(table) != header:
                raise UsageError(f"{table} has other columns: {_header_of(table)}, not {header}")
            return table
        newest = max((_number(path) for path in self.flagging_dir.glob("dataset*.csv")), default=0)
        table = self.flagging_dir / f"dataset{newest}.csv"
        if newest and _header_of(table) == header:
            return table
        table = self.flagging_dir / f"dataset{newest + 1}.csv"
        if self.verbose:
            print(f"Flagged samples are written to {table}", flush=True)  # noqa: T201  # for the terminal
        return table

    def _append(self, table: Path, header: list[str] | None, row: list[Cell]) -> int:
        """Add a row, under a header if the table is new. Returns how many rows there are."""
        rows = self._rows.get(table)
        if rows is None:
            rows = _count(table, header)
        with table.open("a", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            if header is not None and file.tell() == 0:
                writer.writerow([safe_cell(name) for name in header])
            writer.writerow([safe_cell(cell) for cell in row])
        self._rows[table] = rows + 1
        return rows + 1

    def _cell(self, label: str, wire: Any) -> Cell:
        if _is_file(wire):
            copy = _copied(wire, self.flagging_dir / safe_name(label))
            kept = copy.relative_to(self.flagging_dir).as_posix()
            return kept if self.simplify_file_data else json.dumps({**wire, "path": kept})
        if isinstance(wire, (dict, list)):
            return json.dumps(self._with_copies(label, wire))
        return wire if wire is None or isinstance(wire, (str, int, float, bool)) else str(wire)

    def _with_copies(self, label: str, wire: Any) -> Any:
        if _is_file(wire):
            return self._cell(label, wire)
        if isinstance(wire, dict):
            return {key: self._with_copies(label, each) for key, each in wire.items()}
        if isinstance(wire, list):
            return [self._with_copies(label, each) for each in wire]
        return wire


class SimpleCSVLogger(CSVLogger):
    """Rows of values alone, in `log.csv`: no header, no time."""

    def __init__(self) -> None:
        super().__init__(verbose=False, dataset_file_name="log.csv")

    def flag(
        self,
        flag_data: list[Any],
        flag_option: str | None = None,  # noqa: ARG002  # not written here
        username: str | None = None,  # noqa: ARG002
    ) -> int:
        with self._lock:
            self.flagging_dir.mkdir(parents=True, exist_ok=True)
            self._budget.take(_size_of(flag_data))
            row = [self._cell(label, wire) for label, wire in zip(self.labels, flag_data, strict=True)]
            return self._append(self.flagging_dir / "log.csv", None, row)


# -- tables ------------------------------------------------------------------------------------


def safe_cell(cell: Cell) -> Cell:
    """A text that a spreadsheet would run as a formula, marked as text; any other cell as it is."""
    return f"'{cell}" if isinstance(cell, str) and cell.lstrip(" ").startswith(_FORMULA) else cell


_ROW: Final = 200
"""Bytes of a row besides its values: the option, the name and the time, at most about."""


def _size_of(flag_data: list[Any]) -> int:
    """About how many bytes a sample is, with its files."""
    return _ROW + len(json.dumps(flag_data, default=str)) + sum(map(_size_of_files, flag_data))


def _size_of_files(wire: Any) -> int:
    if _is_file(wire):
        return Path(wire["path"]).stat().st_size
    inside = wire.values() if isinstance(wire, dict) else wire if isinstance(wire, list) else ()
    return sum(map(_size_of_files, inside))


def _count(table: Path, header: list[str] | None) -> int:
    if not table.exists():
        return 0
    with table.open(newline="", encoding="utf-8") as file:
        return sum(1 for _ in csv.reader(file)) - (header is not None)


def _header_of(table: Path) -> list[str]:
    with table.open(newline="", encoding="utf-8") as file:
        return [name.removeprefix("'") for name in next(csv.reader(file), [])]


def _number(path: Path) -> int:
    match = re.fullmatch(r"dataset(\d+)\.csv", path.name)
    return int(match[1]) if match else 0


# -- files -------------------------------------------------------------------------------------


def _is_file(wire: Any) -> bool:
    return isinstance(wire, dict) and isinstance(wire.get("path"), str) and "orig_name" in wire


def _copied(file: dict[str, Any], folder: Path) -> Path:
    """A copy of a file's bytes in `folder`, under its own name or one like it."""
    folder.mkdir(parents=True, exist_ok=True)
    name = safe_name(str(file.get("orig_name") or Path(file["path"]).name))
    for number in itertools.count():
        target = folder / name if number == 0 else folder / f"{number}-{name}"
        try:
            with target.open("xb") as sink, Path(file["path"]).open("rb") as source:
                shutil.copyfileobj(source, sink)
        except FileExistsError:
            continue
        return target
    raise AssertionError  # there is always another number
