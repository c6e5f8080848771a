"""The schema of a database: which revision it has, and bringing it to the newest one.

An empty database is filled by itself. An older one is brought up to date by itself where nobody else
uses it, which is the SQLite file of a relay that is just starting. Everything else is refused, with the
command to run.
"""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable
from enum import Enum
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from sqlalchemy import Connection, inspect, make_url, text
from sqlalchemy.exc import DBAPIError

from doorstep_relay import __version__
from doorstep_relay.config import Settings
from doorstep_relay.errors import SchemaError
from doorstep_relay.store.database import Database

if TYPE_CHECKING:
    from alembic.config import Config

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

    `starting` says that no relay runs on this database yet: an older SQLite file may be brought up to date.
    """
    found = await standing(settings)
    if found is Standing.current:
        return
    may_upgrade = starting and make_url(settings.database_url).get_backend_name() == "sqlite"
    if found is not Standing.empty and not (found is Standing.older and may_upgrade):
        raise SchemaError(_refusal(settings, found))
    await upgrade(settings)


async def standing(settings: Settings) -> Standing:
    """How the database stands to this version. Raises `SchemaError` when it cannot be used at all."""
    return await _on_connection(settings, _standing)


async def upgrade(settings: Settings, revision: str = "head") -> None:
    """Bring the database to a revision, the newest by default.

    Raises `SchemaError` when it is not one of ours, or there is no such revision.
    """
    found = await standing(settings)
    if found in {Standing.unknown, Standing.foreign}:
        raise SchemaError(_refusal(settings, found))

    def up(config: Config) -> None:
        from alembic import command
        from alembic.util import CommandError

        try:
            command.upgrade(config, revision)
        except CommandError as error:
            raise SchemaError(f"this version does not know the schema {revision!r}: {error}") from error

    await alembic(settings, up)


async def alembic(settings: Settings, action: Callable[[Config], object]) -> None:
    """Run an Alembic command on the database, all or nothing."""

    def work(connection: Connection) -> None:
        action(_config(connection))
        _check_references(connection)

    await _on_connection(settings, work)


async def draft(scratch: Path, message: str) -> None:
    """Write the next revision's draft: what the models have and the revisions so far do not."""
    from alembic import command
    from alembic.script import ScriptDirectory

    settings = Settings(data=scratch)
    await upgrade(settings)
    number = len(list(ScriptDirectory.from_config(_config()).walk_revisions())) + 1
    await alembic(
        settings, lambda config: command.revision(config, message, autogenerate=True, rev_id=f"{number:04}")
    )


async def _on_connection(settings: Settings, work: Callable[[Connection], T]) -> T:
    try:
        database = Database.open(settings)
    except OSError as error:
        raise SchemaError(f"the database {_shown(settings)} cannot be made: {error.strerror}") from error
    try:
        return await database.change_schema(work)
    except OSError as error:
        raise SchemaError(f"the database {_shown(settings)} cannot be reached: {error}") from error
    except DBAPIError as error:
        raise SchemaError(f"the database {_shown(settings)} cannot be used: {error.orig}") from error
    finally:
        await database.close()


def _config(connection: Connection | None = None) -> Config:
    """Alembic's configuration: our scripts, as installed; the connection is for env.py."""
    from alembic.config import Config

    # By default it writes to what stdout was when Alembic was imported, which may be closed by now.
    config = Config(stdout=sys.stdout, attributes={"connection": connection})
    config.set_main_option("script_location", str(files("doorstep_migrations")).replace("%", "%%"))
    return config


def _standing(connection: Connection) -> Standing:
    tables = set(inspect(connection).get_table_names())
    heads = _heads(connection) if "alembic_version" in tables else set()
    if not heads:
        return Standing.foreign if tables - {"alembic_version"} else Standing.empty
    if heads == {_newest()}:
        return Standing.current

    from alembic.script import ScriptDirectory

    known = ScriptDirectory.from_config(_config())
    revisions = {script.revision for script in known.walk_revisions()}
    return Standing.older if heads <= revisions else Standing.unknown


def _newest() -> str:
    """The newest revision, by the names of the scripts (`0001_first_tables.py`), which count up.

    Alembic would read them all; its import is a fifth of a relay's start, so it waits for a change.
    """
    scripts = (files("doorstep_migrations") / "versions").iterdir()
    return max(script.name.partition("_")[0] for script in scripts if script.name.endswith(".py"))


def _heads(connection: Connection) -> set[str]:
    return set(connection.scalars(text("SELECT version_num FROM alembic_version")))


def _check_references(connection: Connection) -> None:
    """SQLite migrates with foreign keys off, so what they promise is checked before the commit."""
    if connection.dialect.name != "sqlite":
        return
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
    if broken:
        raise SchemaError(
            f"the migration would leave {len(broken)} rows that refer to nothing; nothing was changed"
        )


def _refusal(settings: Settings, found: Standing) -> str:
    database, upgrade_command = _shown(settings), _upgrade_command(settings)
    if found is Standing.older:
        return f"the database {database} has an older schema; run: {upgrade_command}"
    if found is Standing.unknown:
        return (
            f"the database {database} was written by a newer version than this one ({__version__}); "
            "run: pip install --upgrade 'doorstep[relay]'"
        )
    return (
        f"the database {database} has tables but no revision, so it is not a relay's; give the relay a "
        f"database of its own with --data or --database, then run: {upgrade_command}"
    )


def _upgrade_command(settings: Settings) -> str:
    if settings.database is None:
        return shlex.join(["doorstep-relay", "db", "upgrade", "--data", str(settings.data)])
    if make_url(settings.database).password:
        # A password does not belong among a process's arguments, where everybody sees it.
        return f"DOORSTEP_RELAY_DATABASE='{_shown(settings)}' doorstep-relay db upgrade"
    return shlex.join(["doorstep-relay", "db", "upgrade", "--database", settings.database])


def _shown(settings: Settings) -> str:
    return make_url(settings.database_url).render_as_string(hide_password=True)
