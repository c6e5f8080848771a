"""`doorstep-relay backup` and `restore`: everything that the database holds, to a file and back."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from doorstep_relay import __version__
from doorstep_relay.commands.running import database_options, perform, use
from doorstep_relay.config import Settings, make_data_directory, read_settings
from doorstep_relay.errors import BackupError

if TYPE_CHECKING:
    from doorstep_relay.control.services import Services


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--force", is_flag=True, help="Replace the file when it is there.")
@database_options
def backup(file: Path, force: bool, **flags: Any) -> None:
    """Write everything that the relay keeps to FILE, also while it runs.

    Accounts, tokens (as hashes), shares, policies, usage and the audit trail, as of this moment; `restore`
    takes it into a database of either kind. The key that signs tickets is not in it: a relay makes a new one.
    """
    if file.exists() and not force:
        raise BackupError(f"{str(file)!r} is there already; choose another file, or replace it with --force")

    async def dump(services: Services) -> dict[str, int]:
        from doorstep_relay.store import backup as backups

        return await services.database.snapshot(
            lambda connection: backups.dump(connection, file, version=__version__, at=time.time())
        )

    click.echo(f"Wrote {_told(perform(flags, dump))} to {file}.", err=True)


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@database_options
def restore(file: Path, **flags: Any) -> None:
    """Fill a new database from FILE, a backup of either kind of database, by this version or an older one."""
    settings = read_settings(flags)

    from doorstep_relay.store import backup as backups

    header = backups.read_header(file)
    backups.check(file)  # to the end, before anything is made
    make_data_directory(settings)
    counts = asyncio.run(_restore(settings, file, header.revision))
    click.echo(f"Restored {_told(counts)} from {file}.", err=True)


async def _restore(settings: Settings, file: Path, revision: str) -> dict[str, int]:
    from doorstep_relay.store import backup as backups
    from doorstep_relay.store import schema
    from doorstep_relay.store.lock import only_relay_of

    with only_relay_of(settings.database_file):
        if await schema.standing(settings) is not schema.Standing.empty:
            raise BackupError(
                "a backup is restored into a new database, and this one has tables already; "
                "name a directory that does not exist with --data, or an empty database with --database"
            )
        await schema.upgrade(settings, revision)
        counts = await use(
            settings,
            lambda services: services.database.change_schema(
                lambda connection: backups.fill(connection, file)
            ),
        )
        await schema.upgrade(settings)
    return counts


def _told(counts: dict[str, int]) -> str:
    """Such as `2 accounts, 3 tokens`; tables without rows are not named."""
    words = (
        f"{count} {table.replace('_', ' ')}{'' if count == 1 else 's'}"
        for table, count in counts.items()
        if count
    )
    return ", ".join(words) or "an empty database"
