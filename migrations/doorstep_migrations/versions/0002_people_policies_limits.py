"""People, policies and limits: roles, invitations, sign-ins, kept and denied names, domains, reports, usage.

Revision: 0002
Follows: 0001
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    _columns()
    _sign_ins()
    _names()
    _reports()
    _usage()
    _ssh()


def downgrade() -> None:
    op.drop_table("ssh_key")
    op.drop_index("ix_share_seat", "share")
    op.drop_table("usage")
    op.drop_table("report")
    for table in ("domain", "denied_name", "reservation"):
        op.drop_table(table)
    for table in ("web_session", "device_login", "invitation"):
        op.drop_table(table)
    op.drop_index("uq_account_identity", "account")
    for table, columns in (
        ("token", ("created_by", "names", "scopes", "label")),
        ("share", ("seat", "limits", "policy", "paused_by", "paused_at", "balanced_from")),
        ("account", ("limits", "ban_reason", "banned_at", "identity", "email", "role")),
    ):
        for column in columns:
            op.drop_column(table, column)


def _columns() -> None:
    op.add_column("account", sa.Column("role", sa.String(16), server_default="member", nullable=False))
    op.add_column("account", sa.Column("email", sa.String(254)))
    op.add_column("account", sa.Column("identity", sa.String(500)))
    op.add_column("account", sa.Column("banned_at", sa.Double()))
    op.add_column(
        "account", sa.Column("ban_reason", sa.String(500), server_default=sa.text("''"), nullable=False)
    )
    op.add_column("account", sa.Column("limits", _JSON, server_default="{}", nullable=False))
    op.create_index("uq_account_identity", "account", ["identity"], unique=True)

    op.add_column("share", sa.Column("balanced_from", sa.Integer()))
    op.add_column("share", sa.Column("paused_at", sa.Double()))
    op.add_column("share", sa.Column("paused_by", sa.String(8)))
    op.add_column("share", sa.Column("policy", _JSON, server_default="{}", nullable=False))
    op.add_column("share", sa.Column("limits", _JSON, server_default="{}", nullable=False))

    op.add_column("token", sa.Column("label", sa.String(100), server_default=sa.text("''"), nullable=False))
    op.add_column("token", sa.Column("scopes", sa.String(64), server_default="share own", nullable=False))
    op.add_column("token", sa.Column("names", sa.String(500), server_default=sa.text("''"), nullable=False))
    op.add_column("token", sa.Column("created_by", sa.String(80), server_default="operator", nullable=False))


def _sign_ins() -> None:
    op.create_table(
        "invitation",
        sa.Column("id", _ID, nullable=False),
        sa.Column("code_hash", sa.String(64), nullable=False),
        sa.Column("account_name", sa.String(64), nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("scopes", sa.String(64), nullable=False),
        sa.Column("created_by", sa.String(80), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("expires_at", sa.Double(), nullable=False),
        sa.Column("used_at", sa.Double()),
        sa.Column("revoked_at", sa.Double()),
        sa.PrimaryKeyConstraint("id", name="pk_invitation"),
        sa.UniqueConstraint("code_hash", name="uq_invitation_code_hash"),
    )
    op.create_table(
        "device_login",
        sa.Column("id", _ID, nullable=False),
        sa.Column("device_hash", sa.String(64), nullable=False),
        sa.Column("user_code", sa.String(16), nullable=False),
        sa.Column("client", sa.String(100), nullable=False),
        sa.Column("address", sa.String(45), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("expires_at", sa.Double(), nullable=False),
        sa.Column("polled_at", sa.Double()),
        sa.Column("account_id", _ID),
        sa.Column("scopes", sa.String(64), nullable=False),
        sa.Column("token_expires_at", sa.Double()),
        sa.Column("decided_at", sa.Double()),
        sa.Column("taken_at", sa.Double()),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_device_login_account_id_account"),
        sa.PrimaryKeyConstraint("id", name="pk_device_login"),
        sa.UniqueConstraint("device_hash", name="uq_device_login_device_hash"),
        sa.UniqueConstraint("user_code", name="uq_device_login_user_code"),
    )
    op.create_table(
        "web_session",
        sa.Column("id", _ID, nullable=False),
        sa.Column("secret_hash", sa.String(64), nullable=False),
        sa.Column("account_id", _ID, nullable=False),
        sa.Column("token_id", _ID),
        sa.Column("scopes", sa.String(64), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("expires_at", sa.Double(), nullable=False),
        sa.Column("revoked_at", sa.Double()),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_web_session_account_id_account"),
        sa.ForeignKeyConstraint(["token_id"], ["token.id"], name="fk_web_session_token_id_token"),
        sa.PrimaryKeyConstraint("id", name="pk_web_session"),
        sa.UniqueConstraint("secret_hash", name="uq_web_session_secret_hash"),
    )
    op.create_index("ix_web_session_account_id", "web_session", ["account_id"])


def _names() -> None:
    op.create_table(
        "denied_name",
        sa.Column("id", _ID, nullable=False),
        sa.Column("pattern", sa.String(63), nullable=False),
        sa.Column("reason", sa.String(500), nullable=False),
        sa.Column("created_by", sa.String(80), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_denied_name"),
        sa.UniqueConstraint("pattern", name="uq_denied_name_pattern"),
    )
    op.create_table(
        "domain",
        sa.Column("id", _ID, nullable=False),
        sa.Column("host", sa.String(253), nullable=False),
        sa.Column("account_id", _ID, nullable=False),
        sa.Column("name", sa.String(63), nullable=False),
        sa.Column("challenge", sa.String(64), nullable=False),
        sa.Column("verified_at", sa.Double()),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_domain_account_id_account"),
        sa.PrimaryKeyConstraint("id", name="pk_domain"),
        sa.UniqueConstraint("account_id", "host", name="uq_domain_account_id_host"),
    )
    proven = sa.text("verified_at IS NOT NULL")
    op.create_index(
        "uq_domain_host", "domain", ["host"], unique=True, sqlite_where=proven, postgresql_where=proven
    )

    op.create_table(
        "reservation",
        sa.Column("id", _ID, nullable=False),
        sa.Column("pattern", sa.String(63), nullable=False),
        sa.Column("account_id", _ID, nullable=False),
        sa.Column("created_by", sa.String(80), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_reservation_account_id_account"),
        sa.PrimaryKeyConstraint("id", name="pk_reservation"),
        sa.UniqueConstraint("pattern", name="uq_reservation_pattern"),
    )
    op.create_index("ix_reservation_account_id", "reservation", ["account_id"])


def _reports() -> None:
    op.create_table(
        "report",
        sa.Column("id", _ID, nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("name", sa.String(63), nullable=False),
        sa.Column("share_id", _ID),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("text", sa.String(2000), nullable=False),
        sa.Column("contact", sa.String(254), nullable=False),
        sa.Column("address", sa.String(45), nullable=False),
        sa.Column("closed_at", sa.Double()),
        sa.Column("closed_by", sa.String(80), server_default=sa.text("''"), nullable=False),
        sa.Column("outcome", sa.String(500), server_default=sa.text("''"), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_report"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_report_share_id", "report", ["share_id"])


def _usage() -> None:
    op.create_table(
        "usage",
        sa.Column("share_id", _ID, autoincrement=False, nullable=False),
        sa.Column("day", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("account_id", _ID),
        sa.Column("requests", sa.BigInteger(), nullable=False),
        sa.Column("bytes_in", sa.BigInteger(), nullable=False),
        sa.Column("bytes_out", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("share_id", "day", name="pk_usage"),
    )
    op.create_index("ix_usage_account_id", "usage", ["account_id"])
    op.create_index("ix_usage_day", "usage", ["day"])


def _ssh() -> None:
    op.create_table(
        "ssh_key",
        sa.Column("id", _ID, nullable=False),
        sa.Column("account_id", _ID, nullable=False),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("algorithm", sa.String(64), nullable=False),
        sa.Column("label", sa.String(100), server_default=sa.text("''"), nullable=False),
        sa.Column("names", sa.String(500), server_default=sa.text("''"), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("created_by", sa.String(80), nullable=False),
        sa.Column("expires_at", sa.Double()),
        sa.Column("last_used_at", sa.Double()),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_ssh_key_account_id_account"),
        sa.PrimaryKeyConstraint("id", name="pk_ssh_key"),
        sa.UniqueConstraint("fingerprint", name="uq_ssh_key_fingerprint"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_ssh_key_account_id", "ssh_key", ["account_id"])
    op.add_column("share", sa.Column("seat", sa.String(80)))
    seated = sa.text("seat IS NOT NULL")
    op.create_index("ix_share_seat", "share", ["seat"], sqlite_where=seated, postgresql_where=seated)
