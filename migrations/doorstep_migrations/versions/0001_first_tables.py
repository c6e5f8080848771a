"""First tables: accounts, tokens, shares and the audit trail.

Revision: 0001
Follows: nothing
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
_NOT_ENDED = sa.text("ended_at IS NULL")
_OFFLINE = sa.text("offline_since IS NOT NULL")


def upgrade() -> None:
    _accounts()
    _tokens()
    _shares()
    _audit_events()


def downgrade() -> None:
    for table in ("audit_event", "share", "token", "account"):
        op.drop_table(table)


def _accounts() -> None:
    op.create_table(
        "account",
        sa.Column("id", _ID, nullable=False),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_account"),
        sa.UniqueConstraint("name", name="uq_account_name"),
    )


def _tokens() -> None:
    op.create_table(
        "token",
        sa.Column("id", _ID, nullable=False),
        sa.Column("key", sa.String(8), nullable=False),
        sa.Column("account_id", _ID, nullable=False),
        sa.Column("secret_hash", sa.String(64), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("expires_at", sa.Double()),
        sa.Column("revoked_at", sa.Double()),
        sa.Column("last_used_at", sa.Double()),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_token_account_id_account"),
        sa.PrimaryKeyConstraint("id", name="pk_token"),
        sa.UniqueConstraint("key", name="uq_token_key"),
    )
    op.create_index("ix_token_account_id", "token", ["account_id"])


def _shares() -> None:
    op.create_table(
        "share",
        sa.Column("id", _ID, nullable=False),
        sa.Column("name", sa.String(63), nullable=False),
        sa.Column("owner_id", _ID),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("lease_hash", sa.String(64), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("expires_at", sa.Double()),
        sa.Column("offline_since", sa.Double()),
        sa.Column("ended_at", sa.Double()),
        sa.Column("released_at", sa.Double()),
        sa.Column("reason", sa.String(500), nullable=False),
        sa.CheckConstraint(
            "state IN ('live', 'offline', 'expired', 'revoked', 'closed')", name="ck_share_states"
        ),
        sa.CheckConstraint(
            "(ended_at IS NULL) = (state IN ('live', 'offline')) "
            "AND (offline_since IS NOT NULL) = (state = 'offline')",
            name="ck_share_times",
        ),
        sa.ForeignKeyConstraint(["owner_id"], ["account.id"], name="fk_share_owner_id_account"),
        sa.PrimaryKeyConstraint("id", name="pk_share"),
        sa.UniqueConstraint("lease_hash", name="uq_share_lease_hash"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_share_owner_id", "share", ["owner_id"])
    op.create_index("ix_share_name_id", "share", ["name", "id"])
    _partial_index("uq_share_active_name", "name", _NOT_ENDED, unique=True)
    _partial_index("ix_share_expires_at", "expires_at", _NOT_ENDED)
    _partial_index("ix_share_offline_since", "offline_since", _OFFLINE)


def _partial_index(name: str, column: str, where: sa.TextClause, *, unique: bool = False) -> None:
    op.create_index(name, "share", [column], unique=unique, sqlite_where=where, postgresql_where=where)


def _audit_events() -> None:
    op.create_table(
        "audit_event",
        sa.Column("id", _ID, nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("actor", sa.String(80), nullable=False),
        sa.Column("action", sa.String(40), nullable=False),
        sa.Column("subject", sa.String(64), nullable=False),
        sa.Column("share_id", _ID),
        sa.Column("token_id", _ID),
        sa.Column("account_id", _ID),
        sa.Column("detail", _JSON, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit_event"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_audit_event_share_id", "audit_event", ["share_id"])
