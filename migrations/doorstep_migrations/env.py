"""Alembic's environment: runs migrations on the connection that the relay hands over, in its transaction.

There is no alembic.ini: nothing but `doorstep_relay.store.schema` knows which database it is.
"""

from __future__ import annotations

from typing import Final

from alembic import context
from sqlalchemy import Connection, text

from doorstep_relay.store.models import Base

_LOCK: Final = 0x6D696772  # any number, the same in every relay of a fleet: they migrate one after the other


def run(connection: Connection) -> None:
    """Migrate, all or nothing."""
    if connection.dialect.name == "postgresql":
        _be_considerate(connection)
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=connection.dialect.name == "sqlite",  # SQLite alters a table by replacing it
        transactional_ddl=True,  # on SQLite, too: the relay begins its transactions itself
        compare_type=True,
        compare_server_default=True,
    )
    with context.begin_transaction():
        context.run_migrations()


def _be_considerate(connection: Connection) -> None:
    """Do not hang behind a long query while everybody else hangs behind us: give up, and be run again."""
    connection.execute(text("SET LOCAL lock_timeout = '5s'"))
    connection.execute(text("SET LOCAL statement_timeout = '5min'"))
    connection.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"))


run(context.config.attributes["connection"])
