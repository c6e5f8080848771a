"""Which settings a running relay takes up anew."""

from __future__ import annotations

from dataclasses import fields
from typing import Final

from doorstep_relay.config.settings import Settings

LIVE: Final = frozenset(
    {
        *("grace", "name_hold", "retention", "usage_retention", "default_lifetime", "max_lifetime"),
        *("heartbeat", "spare_tunnels", "max_tunnels", "ticket_lifetime", "change_poll", "drain", "instead"),
        *("limit_shares", "limit_connections", "limit_requests", "limit_bytes", "limit_month"),
        *("limit_request_size", "max_visitors", "max_head", "connect_wait", "head_timeout", "idle_timeout"),
        *("reconnect_wait", "body_timeout", "app_timeout", "stream_timeout", "stall_timeout", "access_log"),
        *("linger_idle", "linger_time", "linger_size"),
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


def changed(old: Settings, new: Settings) -> tuple[list[str], list[str]]:
    """Names of the settings that differ: those that take effect now, and those that need a restart."""
    live: list[str] = []
    fixed: list[str] = []
    for setting in fields(Settings):
        if getattr(old, setting.name) != getattr(new, setting.name):
            (live if setting.name in LIVE else fixed).append(setting.name)
    return live, fixed
