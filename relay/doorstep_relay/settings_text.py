"""Settings as text, the way they may be given, and which of them a running relay takes up anew."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import Field, dataclass, fields
from typing import Any, Final

from doorstep_relay import config_values
from doorstep_relay.config import Settings, source
from doorstep_relay.domain.times import write_duration

_TIMES: Final[frozenset[Callable[[str], Any]]] = frozenset(
    {
        config_values.duration,
        config_values.heartbeat,
        config_values.duration_or_none,
        config_values.retention,
    }
)


LIVE: Final = frozenset(
    {
        *("grace", "name_hold", "retention", "usage_retention", "default_lifetime", "max_lifetime"),
        *("heartbeat", "spare_tunnels", "max_tunnels", "ticket_lifetime", "change_poll", "drain", "instead"),
        *("limit_shares", "limit_connections", "limit_requests", "limit_bytes", "limit_month"),
        *("limit_request_size", "max_visitors", "max_head", "connect_wait", "head_timeout", "idle_timeout"),
        *("body_timeout", "app_timeout", "stream_timeout", "stall_timeout", "access_log"),
        *("interstitial", "interstitial_exempt", "allow_indexing"),
    }
)
"""Settings that SIGHUP changes in a running relay. Connections and sessions that are there keep what they
were told; what comes next is held to the new values. Limits hold for everybody at once."""
RESTART: Final = frozenset(
    {
        # What the process is bound to, and what it is called.
        *("listen", "domain", "public_url", "admin_host", "tls_cert", "tls_key", "ssh", "metrics"),
        "config",
        # What it keeps, and with which key. Other files of a certificate take effect by themselves.
        *("data", "database", "secret", "ssh_host_key"),
        # Who is let in, and whose word is taken: nobody should wonder whether a change of these came to be.
        *("open", "trusted_proxies", "dns_server", "max_sessions", "open_every"),
        *("oidc_issuer", "oidc_client_id", "oidc_client_secret", "oidc_domains", "oidc_admins"),
        *("traces", "trace_sample"),
    }
)
"""Settings that are read at the start alone."""


@dataclass(frozen=True, slots=True)
class Line:
    """One setting."""

    name: str
    value: str | None
    is_default: bool
    is_secret: bool
    reloads: bool
    about: str


def shown(settings: Settings) -> list[Line]:
    """Every setting as it is in force; of a secret only that there is one."""
    return [_line(setting, getattr(settings, setting.name)) for setting in fields(Settings)]


def as_text(value: Any, parse: Callable[[str], Any]) -> str:
    """A setting's value as somebody would write it."""
    if value is None:
        return "none"
    if parse in _TIMES:
        return write_duration(value)
    if isinstance(value, tuple) and not hasattr(value, "_fields"):
        return ",".join(map(str, value))
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:g}" if isinstance(value, float) else str(value)


def changed(old: Settings, new: Settings) -> tuple[list[str], list[str]]:
    """Names of the settings that differ: those that take effect now, and those that need a restart."""
    live: list[str] = []
    fixed: list[str] = []
    for setting in fields(Settings):
        if getattr(old, setting.name) != getattr(new, setting.name):
            (live if setting.name in LIVE else fixed).append(setting.name)
    return live, fixed


def _line(setting: Field[Any], value: Any) -> Line:
    facts = source(setting)
    unset = value is None or value == () or not setting.repr
    return Line(
        name=setting.name,
        value=None if unset else as_text(value, facts.parse),
        is_default=value == setting.default,
        is_secret=not setting.repr,
        reloads=setting.name in LIVE,
        about=facts.about,
    )
