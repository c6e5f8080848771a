"""A database, and transactions as plain functions: `await database.write(work)` runs `work(session)` in one.

`work` is ordinary synchronous code, and how it runs is the database's own affair. On PostgreSQL it runs
over asyncpg (`AsyncSession.run_sync`). SQLite does no network I/O that could be awaited, so there a
transaction goes to a thread in one piece: an asynchronous driver crosses threads some sixteen times for
it, and was measured to take four times as long (3.5 ms for an `open` instead of 0.9).
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.orm import Session, sessionmaker

from doorstep_relay.errors import ConfigError

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

    from doorstep_relay.config import Settings

T = TypeVar("T")

_WRITES: Final = "doorstep_writes"
_BUSY_TIMEOUT: Final = 10.0  # seconds that a writer waits for another process's transaction


class Database(ABC):
    """Runs transactions. Made once a process, closed at its end.

    A transaction that has begun runs to its end, also when the task that waits for it is cancelled.
    """

    @staticmethod
    def open(settings: Settings) -> Database:
        """The database that the settings name. Connects when it is first used."""
        url = make_url(settings.database_url)
        return SQLite(url) if url.get_backend_name() == "sqlite" else PostgreSQL(url)

    @abstractmethod
    async def read(self, work: Callable[[Session], T]) -> T:
        """Run `work` in a transaction that only looks."""

    @abstractmethod
    async def write(self, work: Callable[[Session], T]) -> T:
        """Run `work` in a transaction, which commits at its end or leaves no trace if it raises."""

    @abstractmethod
    async def snapshot(self, work: Callable[[Connection], T]) -> T:
        """Run `work` on the bare connection, which sees the database as it is at this moment all the time.

        It keeps nobody from writing meanwhile.
        """

    @abstractmethod
    async def change_schema(self, work: Callable[[Connection], T]) -> T:
        """Run `work` on the bare connection, in a transaction that may replace tables."""

    @abstractmethod
    async def close(self) -> None:
        """Close every connection."""


class SQLite(Database):
    """One file, one writer at a time.

    A writing transaction says so when it begins (`BEGIN IMMEDIATE`), so it never fails half-way because
    another one came first. This process's writers share one thread, where they wait for their turn in order.
    """

    def __init__(self, url: URL) -> None:
        # Made here so that it is its owner's alone; SQLite gives its other files the same mode.
        Path(url.database or "").touch(mode=0o600)
        self._engine = _sqlite_engine(url)
        self._reading = sessionmaker(self._engine, expire_on_commit=False)
        self._writing = sessionmaker(
            self._engine.execution_options(**{_WRITES: True}), expire_on_commit=False
        )
        self._readers = ThreadPoolExecutor(2, "database-read")
        self._writer = ThreadPoolExecutor(1, "database-write")

    async def read(self, work: Callable[[Session], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._readers, self._read, work)

    async def write(self, work: Callable[[Session], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._writer, self._write, work)

    async def snapshot(self, work: Callable[[Connection], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._readers, self._snapshot, work)

    async def change_schema(self, work: Callable[[Connection], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._writer, self._change_schema, work)

    async def close(self) -> None:
        loop = asyncio.get_running_loop()
        for executor in (self._readers, self._writer):
            await loop.run_in_executor(None, executor.shutdown)
        self._engine.dispose()

    def _read(self, work: Callable[[Session], T]) -> T:
        with self._reading() as session:
            return work(session)

    def _write(self, work: Callable[[Session], T]) -> T:
        with self._writing.begin() as session:
            return work(session)

    def _snapshot(self, work: Callable[[Connection], T]) -> T:
        with self._engine.begin() as connection:
            return work(connection)

    def _change_schema(self, work: Callable[[Connection], T]) -> T:
        with self._engine.connect().execution_options(**{_WRITES: True}) as connection:
            # SQLite alters a table by replacing it; with foreign keys on, that deletes what refers to it.
            _foreign_keys(connection.connection.dbapi_connection, "OFF")
            try:
                with connection.begin():
                    return work(connection)
            finally:
                _foreign_keys(connection.connection.dbapi_connection, "ON")


class PostgreSQL(Database):
    """A server, shared by the nodes of a fleet."""

    def __init__(self, url: URL) -> None:
        from sqlalchemy.ext.asyncio import async_sessionmaker  # here, as SQLite has no use for it

        self._engine = _postgresql_engine(url)
        self._sessions = async_sessionmaker(self._engine, expire_on_commit=False)

    async def read(self, work: Callable[[Session], T]) -> T:
        async with self._sessions() as session:
            return await session.run_sync(work)

    async def write(self, work: Callable[[Session], T]) -> T:
        async with self._sessions.begin() as session:
            return await session.run_sync(work)

    async def snapshot(self, work: Callable[[Connection], T]) -> T:
        async with self._engine.connect() as plain:
            connection = await plain.execution_options(isolation_level="REPEATABLE READ")
            async with connection.begin():
                return await connection.run_sync(work)

    async def change_schema(self, work: Callable[[Connection], T]) -> T:
        async with self._engine.begin() as connection:
            return await connection.run_sync(work)

    async def close(self) -> None:
        await self._engine.dispose()


def _sqlite_engine(url: URL) -> Engine:
    engine = create_engine(url, connect_args={"timeout": _BUSY_TIMEOUT})
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _postgresql_engine(url: URL) -> AsyncEngine:
    from sqlalchemy.ext.asyncio import create_async_engine

    try:
        return create_async_engine(url, pool_pre_ping=True)
    except ModuleNotFoundError as missing:
        raise ConfigError(
            f"a PostgreSQL database needs the package {missing.name}; run: pip install {missing.name}"
        ) from missing


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # the driver's own BEGINs come too late; ours is below
    connection.execute("PRAGMA journal_mode = WAL")  # readers never wait for the writer
    # With WAL a power cut may lose the last moments, never the database; a crash of ours loses nothing.
    connection.execute("PRAGMA synchronous = NORMAL")
    _foreign_keys(connection, "ON")


def _foreign_keys(connection: Any, state: str) -> None:
    connection.execute(f"PRAGMA foreign_keys = {state}")


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get(_WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
