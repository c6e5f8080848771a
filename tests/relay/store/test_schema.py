"""The relay fills an empty database, follows the schema's history, and refuses what it does not know."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pytest
from alembic import command
from sqlalchemy import Connection, inspect, text

from doorstep_relay.config import Settings
from doorstep_relay.errors import SchemaError
from doorstep_relay.store import schema
from doorstep_relay.store.database import Database
from doorstep_relay.store.models import Base
from tests.relay.store.services import empty_settings

T = TypeVar("T")

sqlite_only = pytest.mark.sqlite_only


async def _on(settings: Settings, work: Callable[[Connection], T]) -> T:
    database = Database.open(settings)
    try:
        return await database.change_schema(work)
    finally:
        await database.close()


async def _set_revision(settings: Settings, revision: str) -> None:
    statement = text("UPDATE alembic_version SET version_num = :revision").bindparams(revision=revision)
    await _on(settings, lambda connection: connection.execute(statement))


def _tables(connection: Connection) -> set[str]:
    return set(inspect(connection).get_table_names())


async def test_an_empty_database_is_filled(tmp_path: Path) -> None:
    settings = await empty_settings(tmp_path)
    await schema.ensure_schema(settings)
    assert await _on(settings, _tables) == {"alembic_version", *Base.metadata.tables}
    assert await schema.standing(settings) is schema.Standing.current


async def test_doing_it_again_changes_nothing(tmp_path: Path) -> None:
    settings = await empty_settings(tmp_path)
    await schema.ensure_schema(settings)
    made = await _on(settings, _tables)
    await schema.ensure_schema(settings)
    await schema.upgrade(settings)
    assert await _on(settings, _tables) == made
    assert await schema.standing(settings) is schema.Standing.current


async def test_the_migrations_make_the_tables_that_the_models_describe(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = await empty_settings(tmp_path)
    await schema.ensure_schema(settings)
    await schema.alembic(settings, command.check)
    assert "No new upgrade operations" in capsys.readouterr().out, "told where stdout is now"


async def test_every_migration_can_be_undone(tmp_path: Path) -> None:
    settings = await empty_settings(tmp_path)
    await schema.ensure_schema(settings)
    await schema.alembic(settings, lambda config: command.downgrade(config, "base"))
    assert await _on(settings, _tables) == {"alembic_version"}
    await schema.ensure_schema(settings)
    await schema.alembic(settings, command.check)


async def test_a_newer_database_is_refused_with_the_command_to_run(tmp_path: Path) -> None:
    settings = await empty_settings(tmp_path)
    await schema.ensure_schema(settings)
    await _set_revision(settings, "9999")
    for refuses in (schema.ensure_schema, schema.upgrade):
        with pytest.raises(SchemaError, match=r"newer version.*pip install --upgrade"):
            await refuses(settings)


async def test_somebody_elses_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    settings = await empty_settings(tmp_path)
    await _on(settings, lambda connection: connection.execute(text("CREATE TABLE recipe (id INTEGER)")))
    for refuses in (schema.ensure_schema, schema.upgrade):
        with pytest.raises(SchemaError, match=r"not a relay's.*doorstep-relay db upgrade"):
            await refuses(settings)
    assert await _on(settings, _tables) == {"recipe"}


@sqlite_only
async def test_the_refusal_names_the_database_and_its_directory(tmp_path: Path) -> None:
    settings = await empty_settings(tmp_path / "my data")
    await _on(settings, lambda connection: connection.execute(text("CREATE TABLE recipe (id INTEGER)")))
    with pytest.raises(SchemaError) as refused:
        await schema.ensure_schema(settings)
    assert str(tmp_path / "my data" / "relay.db") in str(refused.value)
    assert f"doorstep-relay db upgrade --data '{tmp_path / 'my data'}'" in str(refused.value)


async def test_an_older_database_beside_a_running_relay_is_not_changed_in_passing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = await _older(tmp_path, monkeypatch)
    with pytest.raises(SchemaError, match=r"older schema; run: .*doorstep-relay db upgrade"):
        await schema.ensure_schema(settings, starting=False)


@sqlite_only
async def test_an_older_sqlite_database_is_brought_up_to_date_when_the_relay_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = await _older(tmp_path, monkeypatch)
    await schema.ensure_schema(settings)
    assert await schema.standing(settings) is schema.Standing.current
    assert "sticker" in await _on(settings, _tables)


async def test_a_failed_migration_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = await _older(tmp_path, monkeypatch, fails=True)
    with pytest.raises(ZeroDivisionError):
        await schema.upgrade(settings)
    assert "sticker" not in await _on(settings, _tables)
    assert await schema.standing(settings) is schema.Standing.older


@sqlite_only
async def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "relay.db").write_bytes(
        b"not a database, but long enough to look like a file with pages " * 20
    )
    with pytest.raises(SchemaError, match=r"relay\.db cannot be used: file is not a database"):
        await schema.ensure_schema(Settings(data=tmp_path))


@sqlite_only
async def test_a_directory_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SchemaError, match="cannot be made: No such file or directory"):
        await schema.ensure_schema(Settings(data=tmp_path / "missing"))


async def test_a_password_is_not_shown(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path, database="postgresql+asyncpg://ann:hunter2@127.0.0.1:1/doorstep")
    with pytest.raises(SchemaError) as refused:
        await schema.ensure_schema(settings)
    assert "127.0.0.1:1" in str(refused.value)
    assert "hunter2" not in str(refused.value) + repr(settings)


@sqlite_only
async def test_the_database_is_its_owners_alone_and_keeps_its_promises(tmp_path: Path) -> None:
    settings = await empty_settings(tmp_path)
    await schema.ensure_schema(settings)
    assert (tmp_path / "relay.db").stat().st_mode & 0o777 == 0o600
    database = Database.open(settings)
    pragmas = ("journal_mode", "foreign_keys", "synchronous", "busy_timeout")
    values = [
        await database.read(lambda session, name=name: session.scalar(text(f"PRAGMA {name}")))
        for name in pragmas
    ]
    await database.close()
    assert values == ["wal", 1, 1, 10000]


@sqlite_only
async def test_two_processes_that_start_at_once_both_find_the_schema(tmp_path: Path) -> None:
    settings = await empty_settings(tmp_path)
    await asyncio.gather(*(schema.ensure_schema(settings) for _ in range(4)))
    with sqlite3.connect(tmp_path / "relay.db") as connection:
        assert connection.execute("SELECT count(*) FROM alembic_version").fetchone() == (1,)
    connection.close()


async def _older(directory: Path, monkeypatch: pytest.MonkeyPatch, *, fails: bool = False) -> Settings:
    """A database of today, seen by a version with one migration more."""
    settings = await empty_settings(directory)
    await schema.ensure_schema(settings)
    known = Path(schema.files("doorstep_migrations"))
    shutil.copytree(known, directory / "doorstep_migrations", ignore=shutil.ignore_patterns("__pycache__"))
    head = max((known / "versions").glob("*.py")).name[:4]
    (directory / "doorstep_migrations" / "versions" / "8888_stickers.py").write_text(
        f"revision, down_revision = '8888', {head!r}\n"
        "import sqlalchemy as sa\n"
        "from alembic import op\n"
        "def upgrade():\n"
        "    op.create_table('sticker', sa.Column('id', sa.Integer(), primary_key=True))\n"
        + ("    1 / 0\n" if fails else "")
    )
    monkeypatch.setattr(schema, "files", lambda package: directory / package)
    return settings
