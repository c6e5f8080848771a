"""What stands beside the relay: its other listeners, its logs, and the relay that follows it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from doorstep_relay.config import values as read
from doorstep_relay.config.setting import setting
from doorstep_relay.config.values import Address


@dataclass(frozen=True, kw_only=True)
class Operation:
    """Name server, SSH, observation, and how it stops."""

    dns_server: Address | None = setting(  # noqa: RUF009  # makes a dataclass field
        None,
        "Name server that is asked whose a custom domain is, host:port; by default the system's.",
        read.address,
    )
    ssh: Address | None = setting(  # noqa: RUF009  # makes a dataclass field
        None,
        "Address to listen on for SSH clients, host:port: `ssh -p 2222 -R 80:localhost:8501 RELAY` opens a "
        "share with nothing installed. Nothing else is possible there: no shell, no files, no other "
        "forwarding.",
        read.address,
    )
    ssh_host_key: Path | None = setting(  # noqa: RUF009  # makes a dataclass field
        None,
        "Private key (OpenSSH or PEM, no passphrase) by which SSH clients know the relay; by default the "
        "file `ssh_host_ed25519_key` in the data directory, made when missing.",
        read.path,
    )
    access_log: str | None = setting(
        None,
        "File that gets a line of JSON for each request to a share, or - for stdout. SIGHUP opens it anew.",
        read.log_target,
    )
    metrics: Address | None = setting(  # noqa: RUF009  # makes a dataclass field
        None, "Address of a listener of its own for Prometheus: /metrics.", read.address
    )
    traces: str | None = setting(
        None,
        "Origin of an OpenTelemetry collector (OTLP over HTTP) that gets a span for each request to a share: "
        "http://127.0.0.1:4318. Needs doorstep[otel].",
        read.url,
    )
    trace_sample: float = setting(0.1, "Part of the requests that are traced, from 0 to 1.", read.part)
    drain: float = setting(
        5.0, "How long requests under way get to end when the relay is told to stop.", read.duration
    )
    instead: str | None = setting(
        None,
        "Address of another relay on the same database, to which clients go when this one stops: they are "
        "live there before this one takes no more requests. https://… unless clients reach this one by http.",
        read.url,
    )
    change_poll: float = setting(
        0.25, "How often the relay looks for what commands and other nodes changed.", read.duration
    )
