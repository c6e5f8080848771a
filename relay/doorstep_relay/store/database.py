"""A database and its transactions.

`read()` and `write()` each give one transaction. SQLite has one writer at a time; a writing
transaction says so when it begins (`BEGIN IMMEDIATE`), so that it never fails half-way because
another one came first, and the writers of this process queue in order instead of polling.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import URL, Connection, event, make_url
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine

from doorstep_relay.errors import ConfigError

if TYPE_CHECKING:
    from doorstep_relay.config import Settings

WRITES: Final = "doorstep_writes"
"""Execution option of a connection whose transactions write."""

_BUSY_TIMEOUT: Final = 10.0  # seconds that a writer waits for another process's transaction


class Database:
    """Gives sessions, each of which is one transaction. Made once a process, closed at its end."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._reading = async_sessionmaker(engine, expire_on_commit=False)
        self._writing = async_sessionmaker(
            engine.execution_options(**{WRITES: True}), expire_on_commit=False
        )
        self._turn: AbstractAsyncContextManager[Any] = (
            asyncio.Lock() if engine.dialect.name == "sqlite" else nullcontext()
        )

    @classmethod
    def open(cls, settings: Settings) -> Database:
        """The database that the settings name. Connects when first used."""
        return cls(create_engine(make_url(settings.database_url)))

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncSession]:
        """A transaction that only looks."""
        async with self._reading() as session:
            yield session

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncSession]:
        """A transaction that commits at the end of the block, or leaves no trace if that raises."""
        async with self._turn, self._writing.begin() as session:
            yield session

    async def close(self) -> None:
        """Close every connection."""
        await self._engine.dispose()


def create_engine(url: URL) -> AsyncEngine:
    """The engine for a URL; for SQLite with the settings that a server needs."""
    try:
        if url.get_backend_name() == "sqlite":
            return _sqlite_engine(url)
        return create_async_engine(url, pool_pre_ping=True)
    except ModuleNotFoundError as missing:
        raise ConfigError(
            f"a {url.get_backend_name()} database needs the package {missing.name!r}; "
            f"run: pip install {missing.name}"
        ) from missing


def _sqlite_engine(url: URL) -> AsyncEngine:
    engine = create_async_engine(url, connect_args={"timeout": _BUSY_TIMEOUT})
    event.listen(engine.sync_engine, "connect", _prepare_sqlite)
    event.listen(engine.sync_engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # the driver's own BEGINs come too late; ours is below
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode = WAL")  # readers never wait for the writer
    # With WAL a power cut may lose the last moments, never the database; a crash of ours loses nothing.
    cursor.execute("PRAGMA synchronous = NORMAL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get(WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
