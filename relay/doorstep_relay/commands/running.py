"""How a command works: on the relay's database, through the same services as the relay itself.

A running relay follows the audit trail, so it obeys a command within a moment.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, Final, TypeVar

from doorstep_relay.cli_options import setting_options
from doorstep_relay.config import Settings, make_data_directory, read_settings
from doorstep_relay.domain.patterns import parse_patterns
from doorstep_relay.domain.scopes import USUAL, Scope, parse_scopes
from doorstep_relay.domain.times import parse_duration
from doorstep_relay.errors import ConfigError, NotFoundError, SchemaError

if TYPE_CHECKING:
    from doorstep_relay.control.services import Services

T = TypeVar("T")

DATABASE_SETTINGS: Final = ("data", "database", "config")
database_options = setting_options(*DATABASE_SETTINGS)
"""The flags that every command has: where the relay's data is, or the file that says so."""


def perform(flags: dict[str, Any], action: Callable[[Services], Awaitable[T]], *, create: bool = False) -> T:
    """Read the settings, check the schema, then act. Only `create` makes a database where there is none.

    Raises `OperatorError`, and what `action` does.
    """
    settings = read_settings(flags)
    if create:
        make_data_directory(settings)

    async def run() -> T:
        from doorstep_relay.store.schema import ensure_schema

        if not create and not _is_there(settings):
            raise NotFoundError(
                f"there is no relay's data in {str(settings.data)!r}; name its directory with --data"
            )
        await ensure_schema(settings, starting=False)
        return await use(settings, action)

    return asyncio.run(run())


async def use(settings: Settings, action: Callable[[Services], Awaitable[T]]) -> T:
    """Act on the database of these settings, whose schema is known to be right.

    Raises `SchemaError` for what the database refuses, and what `action` does.
    """
    from sqlalchemy.exc import DBAPIError

    from doorstep_relay.control.services import Services
    from doorstep_relay.store.database import Database

    database = Database.open(settings)
    try:
        return await action(Services(settings, database, time.time))
    except DBAPIError as error:
        raise SchemaError(f"the database cannot be used: {error.orig}") from error
    finally:
        await database.close()


def duration(where: str, text: str) -> float:
    """Seconds in a flag's text. Raises `ConfigError` that names the flag."""
    try:
        return parse_duration(text)
    except ValueError as error:
        raise ConfigError(f"{where}: {text!r} cannot be used: {error}") from None


def scopes(where: str, text: str | None) -> frozenset[Scope]:
    """Scopes in a flag's text; the usual ones without it. Raises `ConfigError` that names the flag."""
    try:
        return USUAL if text is None else parse_scopes(text)
    except ValueError as error:
        raise ConfigError(f"{where}: {error}") from None


def patterns(where: str, text: str | None) -> tuple[str, ...]:
    """Patterns of names in a flag's text. Raises `ConfigError` that names the flag."""
    try:
        return parse_patterns(text or "")
    except ValueError as error:
        raise ConfigError(f"{where}: {error}") from None


def _is_there(settings: Settings) -> bool:
    return settings.database is not None or (settings.data / "relay.db").exists()
