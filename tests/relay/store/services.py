"""The relay's services over a database of the test's own, and a clock that the test moves.

SQLite, and PostgreSQL for tests that ask for the fixture `each_database`: there in a schema that is emptied
before each of them.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from sqlalchemy import Connection, text

from doorstep_relay.config import Settings, values
from doorstep_relay.control.actors import Actor
from doorstep_relay.control.services import Services as RelayServices
from doorstep_relay.store.database import Database
from doorstep_relay.store.models import Base
from doorstep_relay.store.schema import Standing, ensure_schema, standing

DAY = 86400.0
SERVER: str | None = None
"""The URL of the PostgreSQL that this test runs on; set by the fixture `each_database`."""


class Clock:
    """Unix seconds, as the test says."""

    def __init__(self, now: float = 1_800_000_000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += seconds


class Services(RelayServices):
    """What the relay works with."""

    clock: Clock

    def with_settings(self, **changes: object) -> Services:
        """The same database under other settings."""
        return Services(replace(self.settings, **changes), self.database, self.clock)

    async def account(self, name: str) -> Actor:
        """An account, as its token's holder."""
        return (await self.tokens.create(name)).actor


async def empty_settings(directory: Path) -> Settings:
    """Settings of a relay whose database has nothing in it yet."""
    directory.mkdir(parents=True, exist_ok=True)  # noqa: ASYNC240  # nothing else runs meanwhile
    settings = _settings(directory)
    if SERVER is None:
        return settings
    database = Database.open(settings)
    await database.change_schema(_drop_everything)
    await database.close()
    return settings


@asynccontextmanager
async def open_services(directory: Path) -> AsyncIterator[Services]:
    """Services over a fresh, migrated database."""
    settings = await _migrated_settings(directory)
    database = Database.open(settings)
    try:
        yield Services(settings, database, Clock())
    finally:
        await database.close()


async def _migrated_settings(directory: Path) -> Settings:
    """Settings of a relay whose database has this version's tables and no rows.

    Emptying tables is quicker than making them.
    """
    directory.mkdir(parents=True, exist_ok=True)  # noqa: ASYNC240  # nothing else runs meanwhile
    settings = _settings(directory)
    if SERVER is not None and await standing(settings) is Standing.current:
        database = Database.open(settings)
        await database.change_schema(_empty_tables)
        await database.close()
        return settings
    settings = await empty_settings(directory)
    await ensure_schema(settings)
    return settings


def _settings(directory: Path) -> Settings:
    if SERVER is None:
        return Settings(data=directory)
    return Settings(data=directory, database=values.database(SERVER))


def _empty_tables(connection: Connection) -> None:
    tables = ", ".join(f'"{table}"' for table in Base.metadata.tables)
    connection.execute(text(f"TRUNCATE {tables} RESTART IDENTITY CASCADE"))


def _drop_everything(connection: Connection) -> None:
    connection.execute(text("DROP SCHEMA public CASCADE"))
    connection.execute(text("CREATE SCHEMA public"))
