"""The schema of a database: which revision it has, and bringing it to the newest one.

An empty database is filled by itself. An older one is brought up to date by itself where that is safe, which
is where nobody else uses it: the SQLite file of a relay that is just starting. Everything else is refused,
with the command to run.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable
from enum import Enum
from importlib.resources import files
from pathlib import Path
from typing import Any, TypeVar

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, event, inspect, make_url
from sqlalchemy.exc import DatabaseError

from doorstep_relay import __version__
from doorstep_relay.config import Settings
from doorstep_relay.errors import SchemaError
from doorstep_relay.store.database import WRITES, create_engine

T = TypeVar("T")


class Standing(Enum):
    """How a database stands to this version."""

    empty = "empty"
    current = "current"
    older = "older"
    unknown = "unknown"
    foreign = "foreign"


async def ensure_schema(settings: Settings, *, starting: bool = True) -> None:
    """Make sure that the database has the schema of this version; `SchemaError` if that needs somebody.

    `starting` says that no relay runs on this database yet, so that an older SQLite file may be brought up to date.
    """
    standing = await _with_connection(settings, _standing)
    if standing is Standing.current:
        return
    automatic = starting and make_url(settings.database_url).get_backend_name() == "sqlite"
    if standing is Standing.empty or (standing is Standing.older and automatic):
        await upgrade(settings)
        return
    raise SchemaError(_refusal(settings, standing))


async def upgrade(settings: Settings) -> None:
    """Bring the database to the newest revision. Raises `SchemaError` when it is not one of ours."""
    standing = await _with_connection(settings, _standing)
    if standing in {Standing.unknown, Standing.foreign}:
        raise SchemaError(_refusal(settings, standing))
    await migrate(settings, lambda config: command.upgrade(config, "head"))


async def migrate(settings: Settings, action: Callable[[Config], object]) -> None:
    """Run an Alembic command on the database, in one transaction."""
    await _with_connection(settings, lambda connection: action(_config(connection)))


async def draft(scratch: Path, message: str) -> None:
    """Write the next revision's draft: what the models have and the revisions so far do not."""
    settings = Settings(data=scratch)
    await upgrade(settings)
    number = f"{len(list(ScriptDirectory.from_config(_config()).walk_revisions())) + 1:04}"
    await migrate(settings, lambda config: command.revision(config, message, autogenerate=True, rev_id=number))


def _config(connection: Connection | None = None) -> Config:
    """Alembic's configuration: our scripts, as installed; the connection is for env.py."""
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(files("doorstep_migrations")).replace("%", "%%"))
    return config


def _standing(connection: Connection) -> Standing:
    known = ScriptDirectory.from_config(_config())
    heads = MigrationContext.configure(connection).get_current_heads()
    if not heads:
        return Standing.foreign if inspect(connection).get_table_names() else Standing.empty
    if set(heads) == set(known.get_heads()):
        return Standing.current
    revisions = {script.revision for script in known.walk_revisions()}
    return Standing.older if set(heads) <= revisions else Standing.unknown


async def _with_connection(settings: Settings, action: Callable[[Connection], T]) -> T:
    """Run `action` in a writing transaction of its own, after which every reference must hold."""
    engine = create_engine(make_url(settings.database_url))
    if engine.dialect.name == "sqlite":
        # SQLite alters a table by replacing it, which with foreign keys on would delete what refers to it.
        event.listen(engine.sync_engine, "connect", _without_foreign_keys)
    try:
        async with engine.execution_options(**{WRITES: True}).begin() as connection:
            outcome = await connection.run_sync(action)
            if engine.dialect.name == "sqlite":
                await connection.run_sync(_check_references)
            return outcome
    except OSError as error:
        raise SchemaError(f"the database {_shown(settings)} cannot be reached: {error}") from error
    except DatabaseError as error:
        raise SchemaError(f"the database {_shown(settings)} cannot be used: {error.orig}") from error
    finally:
        await engine.dispose()


def _without_foreign_keys(connection: Any, _record: object) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA foreign_keys = OFF")
    cursor.close()


def _check_references(connection: Connection) -> None:
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
    if broken:
        raise SchemaError(f"the migration would leave {len(broken)} rows that refer to nothing; nothing was changed")


def _refusal(settings: Settings, standing: Standing) -> str:
    database = _shown(settings)
    if standing is Standing.older:
        return f"the database {database} has an older schema; run: {_upgrade_command(settings)}"
    if standing is Standing.unknown:
        return (
            f"the database {database} was written by a newer version than this one ({__version__}), which cannot "
            "read it; run: pip install --upgrade 'doorstep[relay]'"
        )
    return (
        f"the database {database} has tables, but none of a relay's; give the relay a database of its own "
        f"(--data or --database), or if this is one whose revision was lost, restore it from a backup, "
        f"then run: {_upgrade_command(settings)}"
    )


def _upgrade_command(settings: Settings) -> str:
    if settings.database is None:
        return shlex.join(["doorstep-relay", "db", "upgrade", "--data", str(settings.data)])
    if make_url(settings.database).password:
        # The password must not end up among a process's arguments, where everybody sees it.
        return f"DOORSTEP_RELAY_DATABASE={_shown(settings)} doorstep-relay db upgrade (with the password for ***)"
    return shlex.join(["doorstep-relay", "db", "upgrade", "--database", settings.database])


def _shown(settings: Settings) -> str:
    return make_url(settings.database_url).render_as_string(hide_password=True)
