"""How much, and for how long, a visitor's connection may take."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network

from doorstep_relay.config import values as read
from doorstep_relay.config.setting import setting


@dataclass(frozen=True, kw_only=True)
class Visitors:
    """Bounds of one connection, and of all together."""

    connect_wait: float = setting(
        10.0, "How long a visitor waits for a tunnel connection before the answer is 504.", read.duration
    )
    reconnect_wait: float | None = setting(
        3.0,
        "How long visitors wait for a client that is lost, or was connected when the relay stopped: it may "
        "be back in a moment. After that the answer is 503 `offline`; `none` for at once.",
        read.duration_or_none,
    )
    max_visitors: int | None = setting(
        None,
        "Most connections of visitors at once. Beyond it idle ones are ended, and new ones are answered 503 "
        "(clients are let in). By default half of the files that the process may open: see `ulimit -Hn`.",
        read.count,
    )
    max_head: int = setting(
        64 * 1024, "Largest head of a request or response (first line and headers).", read.size
    )
    head_timeout: float = setting(
        10.0, "How long a visitor may take to send the head of a request.", read.duration
    )
    idle_timeout: float = setting(
        75.0, "How long a visitor's connection may stay open with nothing on it.", read.duration
    )
    body_timeout: float = setting(
        60.0, "How long a visitor may pause in the middle of a request's body.", read.duration
    )
    app_timeout: float = setting(
        600.0, "How long an app may take from the end of a request to the start of its answer.", read.duration
    )
    stream_timeout: float = setting(
        3600.0, "How long an answer or a WebSocket may stay open with nothing on it.", read.duration
    )
    stall_timeout: float = setting(
        120.0, "How long a visitor may take nothing of what waits for it.", read.duration
    )
    linger_idle: float = setting(
        5.0,
        "How long the next byte of a request is awaited that was answered before it was read (too large, not "
        "let in): who is cut while it sends may not see the answer. What comes is thrown away.",
        read.duration,
    )
    linger_time: float = setting(30.0, "How long such bytes are taken, all together.", read.duration)
    linger_size: int = setting(256 * 1024**2, "How many bytes of that are taken at most.", read.size)
    ticket_lifetime: float = setting(
        60.0, "How long a client has to open the tunnel connections that the relay asked for.", read.duration
    )
    trusted_proxies: tuple[IPv4Network | IPv6Network, ...] = setting(
        (),
        "Networks of the proxies in front of the relay, comma-separated, whose X-Forwarded-For is believed; "
        "from everybody else it is overwritten.",
        read.networks,
    )
