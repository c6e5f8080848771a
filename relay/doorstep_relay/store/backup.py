"""Everything that a relay's database holds, in one file that either kind of database can be filled from.

The file is JSON lines, compressed with gzip: a header (format, schema revision, when, by which version), a
line for each row, `[table, {column: value}]`, and a trailer with the number of rows and the last ids given.
A file without its trailer was cut short, and is refused as a whole. Tables are written as they are found, so
a backup of an older schema is restored as that schema and then brought up to date like any other database.

Tokens, leases and passwords are in it as hashes only: it opens nothing. It names people and links, so it is
made for its owner alone.
"""

from __future__ import annotations

import gzip
import json
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, MetaData, Table, func, insert, inspect, select, text

from doorstep_relay.errors import BackupError

FORMAT: Final = "doorstep-relay backup 1"
_BATCH: Final = 1000
_VERSIONS: Final = "alembic_version"


@dataclass(frozen=True, slots=True)
class Header:
    """The first line of a backup. `at` is unix seconds."""

    format: str
    revision: str
    version: str
    at: float


def dump(connection: Connection, path: Path, *, version: str, at: float) -> dict[str, int]:
    """Write a backup; how many rows of each table. Raises `BackupError` when it cannot be written.

    The file appears under its name when it is whole, or not at all.
    """
    draft = path.with_name(f".{path.name}.part")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            with gzip.open(file, "wt", encoding="utf-8", compresslevel=6) as lines:
                counts = _write(connection, lines, version, at)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise BackupError(f"the backup {str(path)!r} cannot be written: {error.strerror}") from error
    return counts


def read_header(path: Path) -> Header:
    """What a backup says of itself. Raises `BackupError` for anything else."""
    return _header(_first(path))


def check(path: Path) -> dict[str, int]:
    """Read a backup to its end; how many rows of each table. Raises `BackupError` when it is damaged."""
    return Counter(table for table, _ in _rows(path))


def fill(connection: Connection, path: Path) -> dict[str, int]:
    """Fill empty tables of the backup's own revision; how many rows of each. Raises `BackupError`."""
    tables = _tables(connection)
    counts: Counter[str] = Counter()
    batch: list[dict[str, Any]] = []
    current = ""
    for name, row in _rows(path):
        if name != current or len(batch) >= _BATCH:
            _insert(connection, tables, current, batch)
            current, batch = name, []
        batch.append(row)
        counts[name] += 1
    _insert(connection, tables, current, batch)
    _continue_ids(connection, _trailer(path)["last"])
    return counts


# -- writing -------------------------------------------------------------------------------------


def _write(connection: Connection, lines: Any, version: str, at: float) -> dict[str, int]:
    revision = connection.scalar(text("SELECT version_num FROM alembic_version"))
    _line(lines, {"format": FORMAT, "revision": revision, "version": version, "at": at})
    counts: dict[str, int] = {}
    for table in _ordered(connection):
        counts[table.name] = 0
        for row in _of(connection, table):
            _line(lines, [table.name, dict(row)])
            counts[table.name] += 1
    _line(lines, {"rows": counts, "last": _last_ids(connection)})
    return counts


def _of(connection: Connection, table: Table) -> Iterator[Any]:
    """The rows of a table in the order of their keys, some at a time."""
    query = select(table).order_by(*table.primary_key.columns)
    yield from connection.execution_options(yield_per=_BATCH).execute(query).mappings()


def _line(lines: Any, value: object) -> None:
    lines.write(json.dumps(value, separators=(",", ":"), ensure_ascii=False) + "\n")


def _last_ids(connection: Connection) -> dict[str, int]:
    """The last id that each table gave: ids are never used again, also not those of rows that are gone."""
    if connection.dialect.name == "sqlite":
        found = connection.exec_driver_sql("SELECT name, seq FROM sqlite_sequence")
        return {name: seq for name, seq in found if seq}
    sequences = ((table.name, _sequence(connection, table.name)) for table in _ordered(connection))
    return {
        name: last
        for name, sequence in sequences
        if sequence
        and (
            last := connection.scalar(
                text(f"SELECT last_value FROM {sequence} WHERE is_called")  # noqa: S608  # a name from the catalogue
            )
        )
    }


# -- reading -------------------------------------------------------------------------------------


def _first(path: Path) -> Any:
    return next(_lines(path), None)


def _header(found: Any) -> Header:
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        raise BackupError("this is no backup of a relay, or one of a newer version than this")
    return Header(**found)


def _rows(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """The rows between header and trailer. Raises `BackupError` at the end when it is not the right end."""
    lines = _lines(path)
    _header(next(lines, None))
    seen: Counter[str] = Counter()
    for line in lines:
        if isinstance(line, dict):
            if {name: count for name, count in line["rows"].items() if count} != seen:
                raise BackupError(f"the backup {str(path)!r} is damaged: it has not the rows that it counts")
            return
        seen[line[0]] += 1
        yield line[0], line[1]
    raise BackupError(f"the backup {str(path)!r} is not complete: its end is missing")


def _trailer(path: Path) -> dict[str, Any]:
    last: Any = None
    for line in _lines(path):
        last = line
    return dict(last)


def _lines(path: Path) -> Iterator[Any]:
    try:
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            for line in lines:
                yield json.loads(line)
    except FileNotFoundError:
        raise BackupError(f"there is no file {str(path)!r}") from None
    except (OSError, EOFError, ValueError) as error:
        raise BackupError(f"the backup {str(path)!r} cannot be read: {error}") from error


# -- tables --------------------------------------------------------------------------------------


def _tables(connection: Connection) -> dict[str, Table]:
    return {table.name: table for table in _ordered(connection)}


def _ordered(connection: Connection) -> list[Table]:
    """The tables as the database has them, those first that others refer to."""
    found = MetaData()
    found.reflect(connection)
    return [table for table in found.sorted_tables if table.name != _VERSIONS]


def _insert(connection: Connection, tables: dict[str, Table], name: str, rows: list[dict[str, Any]]) -> None:
    if not rows:
        return
    if name not in tables:
        raise BackupError(f"the backup has rows of {name!r}, and its revision no such table: it is damaged")
    connection.execute(insert(tables[name]), rows)


def _continue_ids(connection: Connection, last: dict[str, int]) -> None:
    if connection.dialect.name == "sqlite":
        for name, seq in last.items():
            connection.execute(text("DELETE FROM sqlite_sequence WHERE name = :name").bindparams(name=name))
            statement = text("INSERT INTO sqlite_sequence (name, seq) VALUES (:name, :seq)")
            connection.execute(statement.bindparams(name=name, seq=seq))
        return
    for table in _ordered(connection):
        sequence = _sequence(connection, table.name)
        if sequence:
            newest = connection.scalar(select(func.max(table.c.id))) or 0
            seq = max(last.get(table.name, 0), newest)
            if seq:
                connection.execute(
                    text("SELECT setval(:sequence, :seq)").bindparams(sequence=sequence, seq=seq)
                )


def _sequence(connection: Connection, table: str) -> str | None:
    """The sequence of a table's ids on PostgreSQL; None when its ids are given from outside."""
    columns = {column["name"] for column in inspect(connection).get_columns(table)}
    if "id" not in columns:
        return None
    statement = text("SELECT pg_get_serial_sequence(:table, 'id')").bindparams(table=f'"{table}"')
    found: str | None = connection.scalar(statement)
    return found
