"""How long shares live and are remembered, and how their clients hold them."""

from __future__ import annotations

from dataclasses import dataclass

from doorstep_relay.config import values as read
from doorstep_relay.config.setting import setting


@dataclass(frozen=True, kw_only=True)
class Shares:
    """Lifetimes, sessions and tunnel connections."""

    grace: float = setting(
        3600.0, "How long a share whose client went away keeps its name and waits, offline.", read.duration
    )
    name_hold: float = setting(
        30 * 86400.0,
        "How long the name of an ended share is kept for the account that had it.",
        read.duration,
    )
    retention: float | None = setting(
        90 * 86400.0,
        "How long ended shares, the audit trail, closed reports and old invitations are remembered, at least "
        "an hour; `none` for ever. Names that are kept (see name-hold), or revoked and not released, stay.",
        read.retention,
    )
    usage_retention: float | None = setting(
        400 * 86400.0,
        "How long it is remembered what went through each share on each day; `none` for ever. Months with a "
        "limit need at least 31d.",
        read.duration_or_none,
    )
    default_lifetime: float | None = setting(
        72 * 3600.0, "When a share ends if its client does not say; `none` for never.", read.duration_or_none
    )
    max_lifetime: float | None = setting(
        None, "The longest lifetime that a client may ask for; `none` for no limit.", read.duration_or_none
    )
    heartbeat: float = setting(
        10.0, "Time between a client's signs of life; after twice as long it counts as gone.", read.heartbeat
    )
    spare_tunnels: int = setting(
        2, "Idle tunnel connections that each share keeps ready for its next visitors.", read.count
    )
    max_tunnels: int = setting(
        1024,
        "Most tunnel connections of one share, idle and busy: its limit of requests at once.",
        read.count,
    )
    max_sessions: int = setting(
        1024,
        "Most sessions at once of one account; of one address where no token is needed. It may open as many "
        "shares in one go.",
        read.count,
    )
    open_every: float = setting(
        0.1,
        "How long it takes until an account or address that opened --max-sessions shares may open one more.",
        read.duration,
    )
