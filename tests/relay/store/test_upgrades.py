"""Databases of every released revision, rows in every table, come up to this version and lose nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeVar

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData, select, text

from doorstep_relay.config import Settings
from doorstep_relay.domain.credentials import hash_secret
from doorstep_relay.store import schema
from doorstep_relay.store.database import Database
from doorstep_relay.store.models import Base
from tests.relay.store.services import Clock, Services, empty_settings

T = TypeVar("T")
Rows = dict[str, list[dict[str, Any]]]

NOW: Final = Clock().now
SECRET: Final = "s" * 40
_SHARE: Final = {"epoch": 3, "created_at": NOW - 100, "reason": ""}

ROWS: Final[dict[str, Rows]] = {
    "0001": {
        "account": [
            {"name": "ann", "created_at": NOW - 5000.25},
            {"name": "bøb", "created_at": NOW - 4000.0},
        ],
        "token": [
            {
                "key": "abcdefgh",
                "account_id": 1,
                "secret_hash": hash_secret(SECRET),
                "created_at": NOW - 10,
                "last_used_at": NOW - 5,
            },
            {
                "key": "ABCDEFGH",
                "account_id": 2,
                "secret_hash": "0" * 64,
                "created_at": NOW - 10,
                "revoked_at": NOW - 5,
            },
        ],
        "share": [
            _SHARE | {"name": "demo", "owner_id": 1, "state": "live", "lease_hash": "1" * 64},
            _SHARE
            | {"name": "open", "owner_id": None, "state": "offline", "lease_hash": "2" * 64}
            | {"offline_since": NOW - 20, "expires_at": NOW + 100},
            _SHARE
            | {"name": "gone", "owner_id": 2, "state": "revoked", "lease_hash": "3" * 64}
            | {"ended_at": NOW - 30, "reason": "spam"},
        ],
        "audit_event": [
            {
                "at": NOW - 30,
                "actor": "operator",
                "action": "share.revoke",
                "subject": "gone",
                "share_id": 3,
                "account_id": 2,
                "detail": {"reason": "spam", "text": "naïve"},
            }
        ],
    },
}
"""Revision → table → rows as a relay of that revision wrote them."""


async def _on(settings: Settings, work: Callable[[Connection], T]) -> T:
    database = Database.open(settings)
    try:
        return await database.change_schema(work)
    finally:
        await database.close()


def _fill(rows: Rows) -> Callable[[Connection], None]:
    def work(connection: Connection) -> None:
        tables = _tables(connection)
        assert set(rows) == set(tables), "every table has rows"
        for name, table in tables.items():
            for row in rows[name]:
                connection.execute(table.insert().values(row))

    return work


def _tables(connection: Connection) -> dict[str, Any]:
    """In an order in which what refers to a row comes after it."""
    found = MetaData()
    found.reflect(connection)
    return {table.name: table for table in found.sorted_tables if table.name != "alembic_version"}


def _content(connection: Connection) -> Rows:
    return {
        name: [dict(row) for row in connection.execute(select(table).order_by(*table.primary_key)).mappings()]
        for name, table in _tables(connection).items()
    }


async def _database_of(revision: str, directory: Path) -> Settings:
    settings = await empty_settings(directory)
    await schema.upgrade(settings, revision)
    await _on(settings, _fill(ROWS[revision]))
    return settings


def _as_before(now: Rows, before: Rows) -> Rows:
    """Of what is there now only the tables and columns that there were."""
    return {
        name: [{column: new[column] for column in old} for new, old in zip(now[name], rows, strict=True)]
        for name, rows in before.items()
    }


def _released() -> list[str]:
    script = ScriptDirectory.from_config(schema._config())
    return [each.revision for each in script.walk_revisions() if each.revision != script.get_current_head()]


def test_every_revision_before_this_one_has_its_rows_here() -> None:
    assert sorted(ROWS) == sorted(_released())


@pytest.mark.parametrize("revision", sorted(ROWS))
async def test_an_older_database_comes_up_with_all_that_is_in_it(revision: str, tmp_path: Path) -> None:
    settings = await _database_of(revision, tmp_path)
    before = await _on(settings, _content)
    assert all(before.values())

    await schema.upgrade(settings)

    assert await schema.standing(settings) is schema.Standing.current
    now = await _on(settings, _content)
    assert _as_before(now, before) == before
    assert set(now) == set(Base.metadata.tables)
    await schema.alembic(settings, command.check)


@pytest.mark.parametrize("revision", sorted(ROWS))
async def test_what_was_brought_up_goes_down_again_as_it_was(revision: str, tmp_path: Path) -> None:
    settings = await _database_of(revision, tmp_path)
    before = await _on(settings, _content)
    await schema.upgrade(settings)
    await schema.alembic(settings, lambda config: command.downgrade(config, revision))
    assert await _on(settings, _content) == before


async def test_who_had_a_token_before_has_it_afterwards_and_no_more_rights(tmp_path: Path) -> None:
    settings = await _database_of("0001", tmp_path)
    await schema.upgrade(settings)
    database = Database.open(settings)
    try:
        services = Services(settings, database, Clock())
        ann = await services.tokens.authenticate(f"dst_abcdefgh_{SECRET}")
        assert (ann.account_name, sorted(scope.value for scope in ann.scopes)) == ("ann", ["own", "share"])
        shares = await services.shares.list(owner=ann, ended=True)
        assert [share.name for share in shares] == ["demo"]
        grant = await services.shares.open(ann, name="new")
        assert grant.share_id > 3
    finally:
        await database.close()


async def test_a_migration_waits_for_nobody_for_long(
    database_kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On PostgreSQL by timeouts of its transaction, on SQLite by the connection's."""
    settings = await _database_of("0001", tmp_path)
    asked = _settings_of_the_transaction(monkeypatch)
    await schema.upgrade(settings)
    if database_kind == "postgresql":
        assert asked == [("5s", "5min")]
    else:
        assert await _on(settings, lambda it: it.scalar(text("PRAGMA busy_timeout"))) == 10_000


def _settings_of_the_transaction(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """What the migration's own transaction had, seen at its end."""
    seen = []
    check = schema._check_references

    def look(connection: Connection) -> None:
        if connection.dialect.name == "postgresql":
            names = ("lock_timeout", "statement_timeout")
            seen.append(tuple(connection.scalar(text(f"SHOW {name}")) for name in names))
        check(connection)

    monkeypatch.setattr(schema, "_check_references", look)
    return seen  # type: ignore[return-value]  # two of them
