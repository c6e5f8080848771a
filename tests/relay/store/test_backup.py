"""A backup holds everything, is taken beside a running relay, and fills a new database of either kind."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Table, insert, select

from doorstep_relay.config import Settings
from doorstep_relay.control.actors import OPERATOR
from doorstep_relay.errors import BackupError, SchemaError, ShareEnded
from doorstep_relay.store import backup, schema
from doorstep_relay.store.database import Database
from doorstep_relay.store.models import Base, DeniedName, Usage
from tests.relay.store.services import Clock, Services

Tables = dict[str, list[dict[str, Any]]]


def everything(connection: Connection) -> Tables:
    return {
        name: [dict(row) for row in connection.execute(select(table).order_by(*table.primary_key)).mappings()]
        for name, table in Base.metadata.tables.items()
    }


async def lived_in(services: Services) -> None:
    """A relay that was used: shares of two people, one revoked, and rows that no service made."""
    ann, bob = [await services.account(name) for name in ("ann", "bob")]
    await services.shares.open(ann, name="atelier", expires_in=3600)
    gone = await services.shares.open(bob, name="ballroom")
    await services.shares.revoke("ballroom", actor=OPERATOR, reason="too loud, “really”")
    assert gone.epoch == 1
    at = services.clock.now
    denied = {"pattern": "bank-*", "reason": "", "created_by": "operator", "created_at": at}
    used = {
        "share_id": 1,
        "day": 20_000,
        "account_id": 1,
        "requests": 2**40,
        "bytes_in": 1,
        "bytes_out": 2**50,
    }

    def add(connection: Connection) -> None:
        connection.execute(insert(DeniedName), [denied])
        connection.execute(insert(Usage), [used])

    await services.database.change_schema(add)


def _delete_all(table: Table, connection: Connection) -> None:
    connection.execute(table.delete())


async def dumped(services: Services, path: Path) -> dict[str, int]:
    return await services.database.snapshot(
        lambda connection: backup.dump(connection, path, version="1.2.3", at=services.clock.now)
    )


async def restored(path: Path, data: Path) -> Database:
    """An SQLite database that was filled from the backup."""
    data.mkdir()
    settings = Settings(data=data)
    await schema.upgrade(settings, backup.read_header(path).revision)
    database = Database.open(settings)
    await database.change_schema(lambda connection: backup.fill(connection, path))
    await schema.upgrade(settings)
    return database


async def test_what_was_backed_up_is_there_again_row_by_row(services: Services, tmp_path: Path) -> None:
    await lived_in(services)
    counts = await dumped(services, tmp_path / "relay.backup")
    before = await services.database.snapshot(everything)
    database = await restored(tmp_path / "relay.backup", tmp_path / "new")

    assert await database.snapshot(everything) == before
    assert {name: len(rows) for name, rows in before.items()} == counts
    assert backup.check(tmp_path / "relay.backup") == {name: count for name, count in counts.items() if count}
    await database.close()


async def test_a_database_of_the_same_kind_goes_on_where_the_backup_ends(
    services: Services, tmp_path: Path
) -> None:
    """Ids are not used again, also not that of an audit event which was forgotten since."""
    await lived_in(services)
    last = await services.shares.last_change()
    await services.database.change_schema(
        lambda connection: connection.execute(Base.metadata.tables["audit_event"].delete())
    )
    await dumped(services, tmp_path / "relay.backup")
    for table in reversed(Base.metadata.sorted_tables):
        await services.database.change_schema(
            lambda connection, table=table: connection.execute(table.delete())
        )

    await services.database.change_schema(
        lambda connection: backup.fill(connection, tmp_path / "relay.backup")
    )
    bob = (await services.tokens.create("bob")).actor
    assert await services.shares.last_change() == last + 1
    assert (await services.shares.open(bob, name="third")).share_id == 3


async def test_a_lease_is_good_on_the_relay_that_was_restored(services: Services, tmp_path: Path) -> None:
    ann = await services.account("ann")
    grant = await services.shares.open(ann, name="atelier")
    over = await services.shares.open(ann, name="over")
    await services.shares.revoke("over", actor=ann)
    await dumped(services, tmp_path / "relay.backup")
    database = await restored(tmp_path / "relay.backup", tmp_path / "new")
    there = Services(Settings(data=tmp_path / "new"), database, Clock())

    assert (await there.shares.open(ann, lease=grant.lease)).epoch == 2
    with pytest.raises(ShareEnded, match="revoked"):
        await there.shares.open(ann, lease=over.lease)
    await database.close()


async def test_a_backup_is_its_owners_alone_and_opens_nothing(services: Services, tmp_path: Path) -> None:
    made = await services.tokens.create("ann")
    grant = await services.shares.open(made.actor)
    path = tmp_path / "relay.backup"
    await dumped(services, path)

    assert path.stat().st_mode & 0o777 == 0o600
    held = gzip.decompress(path.read_bytes()).decode()
    assert made.raw.rpartition("_")[2] not in held
    assert grant.lease.removeprefix("dsl_") not in held
    assert [left.name for left in tmp_path.iterdir() if "part" in left.name] == []


@pytest.mark.sqlite_only
async def test_a_backup_that_is_damaged_is_refused_as_a_whole(services: Services, tmp_path: Path) -> None:
    await lived_in(services)
    path = tmp_path / "relay.backup"
    await dumped(services, path)
    lines = gzip.decompress(path.read_bytes()).splitlines(keepends=True)
    header = json.loads(lines[0])

    for damaged, words in (
        (path.read_bytes()[:-40], "cannot be read|not complete"),
        (gzip.compress(b"".join(lines[:-1])), "its end is missing"),
        (gzip.compress(b"".join([*lines[:3], lines[-1]])), "has not the rows that it counts"),
        (
            gzip.compress(json.dumps({**header, "format": "doorstep-relay backup 9"}).encode()),
            "newer version",
        ),
        (b"hello", "cannot be read"),
    ):
        path.write_bytes(damaged)
        with pytest.raises(BackupError, match=words):
            backup.check(path)


@pytest.mark.sqlite_only
async def test_the_backup_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SchemaError, match="does not know the schema '9999'"):
        await schema.upgrade(Settings(data=tmp_path), "9999")


@pytest.mark.sqlite_only
async def test_a_disk_that_is_full_leaves_no_half_backup(services: Services) -> None:
    with pytest.raises(BackupError, match="cannot be written: No such file"):
        await dumped(services, Path("/proc/relay.backup"))
