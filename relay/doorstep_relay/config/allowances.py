"""What an account's shares may use, unless it has limits of its own."""

from __future__ import annotations

from dataclasses import dataclass

from doorstep_relay.config import values as read
from doorstep_relay.config.setting import setting


@dataclass(frozen=True, kw_only=True)
class Allowances:
    """Defaults of the limits; `domain/limits.py` says which one holds."""

    limit_shares: int | None = setting(
        1024,
        "Most names that an account's shares may hold at a time; `none` for no limit. This and the limits "
        "below are defaults: an account or a share can have its own.",
        read.count_or_none,
    )
    limit_connections: int | None = setting(
        None,
        "Most requests and WebSockets at a time of all shares of an account (of each share where there are "
        "no accounts).",
        read.count_or_none,
    )
    limit_requests: float | None = setting(
        5000.0,
        "Most requests a second of all shares of an account; a second's worth may come at once. The default "
        "is a quarter of what one core serves; with --open, where nobody has an account, none.",
        read.rate,
    )
    limit_bytes: int | None = setting(
        64 * 1024**2,
        "Most bytes a second, both ways together, of all shares of an account: 500k, 10M. The default is "
        "half of a gigabit line; with --open none.",
        read.amount,
    )
    limit_month: int | None = setting(
        None, "Most bytes in a calendar month (UTC) of all shares of an account: 50G, 1T.", read.amount
    )
    limit_request_size: int | None = setting(
        None, "Largest body of a request to an account's shares: 50M, 1G.", read.amount
    )
