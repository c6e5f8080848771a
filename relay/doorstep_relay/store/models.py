"""The tables.

Times are unix seconds in double precision, not datetimes: the domain computes with them, the wire
carries them, SQLite has no type for them, and so they compare alike in SQL on both databases.
Ids of shares and audit events are never used again, even after the last row is deleted: a ticket
names a share by its id, and a running relay reads the audit trail by "what came after id N".
"""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    Double,
    Enum,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from doorstep_relay.domain.lifecycle import State

Id: Final = BigInteger().with_variant(Integer, "sqlite")  # SQLite counts up only an INTEGER key
Json: Final = JSON().with_variant(JSONB, "postgresql")
Hash: Final = String(64)

_EMPTY: Final = text("''")
_PROVEN: Final = text("verified_at IS NOT NULL")
_NOT_ENDED: Final = text("ended_at IS NULL")
_OFFLINE: Final = text("offline_since IS NOT NULL")
_SEATED: Final = text("seat IS NOT NULL")
_STATES: Final = "state IN ('live', 'offline', 'expired', 'revoked', 'closed')"
_TIMES: Final = (
    "(ended_at IS NULL) = (state IN ('live', 'offline')) "
    "AND (offline_since IS NOT NULL) = (state = 'offline')"
)


class Base(DeclarativeBase):
    """Constraints have names of a fixed form, so that a migration can name them, too."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {float: Double(), dict[str, Any]: Json}  # noqa: RUF012  # SQLAlchemy's own API


class Account(Base):
    """Who may open shares: a person, a team or a machine."""

    __tablename__ = "account"
    __table_args__ = (Index("uq_account_identity", "identity", unique=True),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    name: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[float]
    role: Mapped[str] = mapped_column(String(16), server_default="member")
    """`member` or `admin`: the most that any of its tokens may do."""
    email: Mapped[str | None] = mapped_column(String(254))
    identity: Mapped[str | None] = mapped_column(String(500))
    """Issuer and subject of who signs in through OpenID Connect, with a blank between."""
    banned_at: Mapped[float | None]
    ban_reason: Mapped[str] = mapped_column(String(500), server_default=_EMPTY)
    limits: Mapped[dict[str, Any]] = mapped_column(Json, server_default="{}")
    """What differs from the relay's defaults: see `domain.limits`."""


class Token(Base):
    """A key to an account. `key` is public and names it in lists; of the secret only a hash is kept."""

    __tablename__ = "token"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    key: Mapped[str] = mapped_column(String(8), unique=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    secret_hash: Mapped[str] = mapped_column(Hash)
    created_at: Mapped[float]
    expires_at: Mapped[float | None]
    revoked_at: Mapped[float | None]
    last_used_at: Mapped[float | None]
    label: Mapped[str] = mapped_column(String(100), server_default=_EMPTY)
    """What it is for, in its owner's words."""
    scopes: Mapped[str] = mapped_column(String(64), server_default="share own")
    """What it may do, with blanks between: see `domain.scopes`."""
    names: Mapped[str] = mapped_column(String(500), server_default=_EMPTY)
    """Patterns of the names it may open, with blanks between; empty for any."""
    created_by: Mapped[str] = mapped_column(String(80), server_default="operator")
    """The actor, as the audit trail names it."""


class SshKey(Base):
    """A public key that opens shares for an account over SSH. A removed one is forgotten."""

    __tablename__ = "ssh_key"
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    fingerprint: Mapped[str] = mapped_column(String(64), unique=True)
    """`SHA256:…`, by which the key is known."""
    algorithm: Mapped[str] = mapped_column(String(64))
    label: Mapped[str] = mapped_column(String(100), server_default=_EMPTY)
    names: Mapped[str] = mapped_column(String(500), server_default=_EMPTY)
    """Patterns of the names it may open, with blanks between; empty for any."""
    created_at: Mapped[float]
    created_by: Mapped[str] = mapped_column(String(80))
    expires_at: Mapped[float | None]
    last_used_at: Mapped[float | None]


class Invitation(Base):
    """A code that makes one account's first token, once."""

    __tablename__ = "invitation"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    code_hash: Mapped[str] = mapped_column(Hash, unique=True)
    account_name: Mapped[str] = mapped_column(String(64))
    role: Mapped[str] = mapped_column(String(16))
    scopes: Mapped[str] = mapped_column(String(64))
    created_by: Mapped[str] = mapped_column(String(80))
    created_at: Mapped[float]
    expires_at: Mapped[float]
    used_at: Mapped[float | None]
    revoked_at: Mapped[float | None]


class DeviceLogin(Base):
    """A `doorstep login` that waits for somebody to say yes in a browser (RFC 8628)."""

    __tablename__ = "device_login"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    device_hash: Mapped[str] = mapped_column(Hash, unique=True)
    user_code: Mapped[str] = mapped_column(String(16), unique=True)
    client: Mapped[str] = mapped_column(String(100))
    """The computer that asks, as it names itself, for people."""
    address: Mapped[str] = mapped_column(String(45))
    created_at: Mapped[float]
    expires_at: Mapped[float]
    polled_at: Mapped[float | None]
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    """Who said yes."""
    scopes: Mapped[str] = mapped_column(String(64))
    """What the token may do that is made for it."""
    token_expires_at: Mapped[float | None]
    """When that token ends: who signed in by one that ends has no other to give."""
    decided_at: Mapped[float | None]
    taken_at: Mapped[float | None]


class WebSession(Base):
    """Somebody signed in to the relay's own pages."""

    __tablename__ = "web_session"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    secret_hash: Mapped[str] = mapped_column(Hash, unique=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    token_id: Mapped[int | None] = mapped_column(ForeignKey("token.id"))
    """The token that was shown, with which the session ends; NULL for every other way to sign in."""
    scopes: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[float]
    expires_at: Mapped[float]
    revoked_at: Mapped[float | None]


class Reservation(Base):
    """A name, or a pattern of names (`team-*`), that only one account may open."""

    __tablename__ = "reservation"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    pattern: Mapped[str] = mapped_column(String(63), unique=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    created_by: Mapped[str] = mapped_column(String(80))
    created_at: Mapped[float]


class DeniedName(Base):
    """A name, or a pattern of names, that nobody gets."""

    __tablename__ = "denied_name"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    pattern: Mapped[str] = mapped_column(String(63), unique=True)
    reason: Mapped[str] = mapped_column(String(500))
    created_by: Mapped[str] = mapped_column(String(80))
    created_at: Mapped[float]


class Domain(Base):
    """A host name of an account's own that shows one of its shares, once a TXT record has proven it."""

    __tablename__ = "domain"
    __table_args__ = (
        # Whoever has not proven anything keeps nobody from proving it.
        Index("uq_domain_host", "host", unique=True, sqlite_where=_PROVEN, postgresql_where=_PROVEN),
        UniqueConstraint("account_id", "host"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    host: Mapped[str] = mapped_column(String(253))
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    name: Mapped[str] = mapped_column(String(63))
    """The share's name."""
    challenge: Mapped[str] = mapped_column(String(64))
    verified_at: Mapped[float | None]
    created_at: Mapped[float]


class Report(Base):
    """A visitor says that a link should not be there."""

    __tablename__ = "report"
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    at: Mapped[float]
    name: Mapped[str] = mapped_column(String(63))
    share_id: Mapped[int | None] = mapped_column(Id, index=True)
    kind: Mapped[str] = mapped_column(String(32))
    text: Mapped[str] = mapped_column(String(2000))
    contact: Mapped[str] = mapped_column(String(254))
    address: Mapped[str] = mapped_column(String(45))
    closed_at: Mapped[float | None]
    closed_by: Mapped[str] = mapped_column(String(80), server_default=_EMPTY)
    outcome: Mapped[str] = mapped_column(String(500), server_default=_EMPTY)


class Usage(Base):
    """What went through a share on one day (UTC)."""

    __tablename__ = "usage"

    share_id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    day: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False, index=True)
    """Days since 1970-01-01."""
    account_id: Mapped[int | None] = mapped_column(Id, index=True)
    requests: Mapped[int] = mapped_column(BigInteger)
    bytes_in: Mapped[int] = mapped_column(BigInteger)
    bytes_out: Mapped[int] = mapped_column(BigInteger)


class Share(Base):
    """One lifetime of a name: a row is never taken up again once it has ended."""

    __tablename__ = "share"
    __table_args__ = (
        Index(
            "uq_share_active_name", "name", unique=True, sqlite_where=_NOT_ENDED, postgresql_where=_NOT_ENDED
        ),
        Index("ix_share_name_id", "name", "id"),
        Index("ix_share_expires_at", "expires_at", sqlite_where=_NOT_ENDED, postgresql_where=_NOT_ENDED),
        Index("ix_share_offline_since", "offline_since", sqlite_where=_OFFLINE, postgresql_where=_OFFLINE),
        Index("ix_share_seat", "seat", sqlite_where=_SEATED, postgresql_where=_SEATED),
        # What the indices above stand on: the times say which state it is.
        CheckConstraint(_TIMES, name="times"),
        CheckConstraint(_STATES, name="states"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    name: Mapped[str] = mapped_column(String(63))
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"), index=True)
    """NULL on an open relay: the share is nobody's, and only its lease resumes it."""
    state: Mapped[State] = mapped_column(Enum(State, native_enum=False, length=16))
    epoch: Mapped[int] = mapped_column(Integer)
    lease_hash: Mapped[str] = mapped_column(Hash, unique=True)
    created_at: Mapped[float]
    expires_at: Mapped[float | None]
    offline_since: Mapped[float | None]
    ended_at: Mapped[float | None]
    released_at: Mapped[float | None]
    """When the operator gave the name of an ended share free before its time."""
    reason: Mapped[str] = mapped_column(String(500))
    balanced_from: Mapped[int | None] = mapped_column(Integer)
    """The first of the epochs that hold it together, balanced; NULL when one client alone holds it."""
    paused_at: Mapped[float | None]
    """Since when its owner or an admin lets nobody see it; the client stays connected."""
    paused_by: Mapped[str | None] = mapped_column(String(8))
    """`owner` or `admin`, while it is paused: an admin's pause is an admin's to lift."""
    policy: Mapped[dict[str, Any]] = mapped_column(Json, server_default="{}")
    """Who may look: see `domain.policy`. Secrets are hashed."""
    limits: Mapped[dict[str, Any]] = mapped_column(Json, server_default="{}")
    """What differs from its account's limits: see `domain.limits`."""
    seat: Mapped[str | None] = mapped_column(String(80))
    """Who gets it back without a lease: an SSH client's key or token. NULL for what others opened."""


class AuditEvent(Base):
    """Who did what to which right or link, and when. Rows are only ever added.

    Written in the transaction of what it tells, so a running relay can follow it as its feed of changes.
    """

    __tablename__ = "audit_event"
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    at: Mapped[float]
    actor: Mapped[str] = mapped_column(String(80))
    action: Mapped[str] = mapped_column(String(40))
    subject: Mapped[str] = mapped_column(String(64))
    """The name of the share or account, for people; the ids below are what counts."""
    share_id: Mapped[int | None] = mapped_column(Id, index=True)
    token_id: Mapped[int | None] = mapped_column(Id)
    account_id: Mapped[int | None] = mapped_column(Id)
    detail: Mapped[dict[str, Any]]
