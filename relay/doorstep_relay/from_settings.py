"""What the parts of a relay are told of its settings, each in its own words."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from doorstep_relay import __version__
from doorstep_relay.config import Settings
from doorstep_relay.control.hub import SessionSettings
from doorstep_relay.edge.context import Limits
from doorstep_relay.switchboard.pool import clients_files

if TYPE_CHECKING:
    from doorstep_relay.edge.certificates import Certificates

log = logging.getLogger("doorstep_relay")


def session_settings(settings: Settings, files: int) -> SessionSettings:
    """For the sessions of clients. `files` is how many this process may open."""
    return SessionSettings(
        heartbeat=settings.heartbeat,
        spares=settings.spare_tunnels,
        max_tunnels=settings.max_tunnels,
        ticket_lifetime=settings.ticket_lifetime,
        domain=settings.domain,
        url_of=settings.share_url,
        version=__version__,
        files=files,
        max_sessions=settings.max_sessions,
        open_every=settings.open_every,
    )


def edge_limits(settings: Settings, files: int) -> Limits:
    """For the connections of visitors."""
    return Limits(
        max_visitors=settings.max_visitors or files // 2,
        max_clients=clients_files(files),
        max_head=settings.max_head,
        head_timeout=settings.head_timeout,
        idle_timeout=settings.idle_timeout,
        connect_wait=settings.connect_wait,
        body_timeout=settings.body_timeout,
        app_timeout=settings.app_timeout,
        idle_stream=settings.stream_timeout,
        stall_timeout=settings.stall_timeout,
        linger_idle=settings.linger_idle,
        linger_time=settings.linger_time,
        linger_bytes=settings.linger_size,
    )


def warn_of_visitors(settings: Settings, files: int) -> None:
    """Say so when more visitors are let in than there can be."""
    if settings.max_visitors and settings.max_visitors > files // 2:
        log.warning(
            "--max-visitors is %d, but this process may have %d files open, two for each visitor and "
            "some for the shares; raise the limit (`ulimit -Hn`, LimitNOFILE of systemd)",
            settings.max_visitors,
            files,
        )


def certificates_of(settings: Settings) -> Certificates | None:
    """The certificates for the listening port, with what there is to warn of; None for plain HTTP."""
    if not settings.tls_cert:
        return None
    from doorstep_relay.edge.certificates import Certificates, Pair, warnings_of

    keys = settings.tls_key or settings.tls_cert
    certificates = Certificates([Pair(*pair) for pair in zip(settings.tls_cert, keys, strict=True)])
    for warning in warnings_of(certificates, settings.domain):
        log.warning("%s", warning)
    return certificates
