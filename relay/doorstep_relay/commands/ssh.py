"""`doorstep-relay ssh`: what SSH clients need to know of the relay."""

from __future__ import annotations

from typing import Any, Final

import click

from doorstep_relay.cli_options import setting_options
from doorstep_relay.config import make_data_directory, read_settings

_WHICH_PORT: Final = "For the line of known_hosts, name the port that clients use: --port, or --ssh."


@click.group()
def ssh() -> None:
    """What SSH clients need to know of this relay."""


@ssh.command("fingerprint")
@click.option("--host", help="How clients call the relay; its domain by default.")
@click.option("--port", type=click.IntRange(1, 65535), help="The port that they use; --ssh's by default.")
@setting_options("data", "domain", "public_url", "ssh", "ssh_host_key")
def fingerprint(host: str | None, port: int | None, **flags: Any) -> None:
    """Print the host key's fingerprint, and the line for clients' known_hosts if the port is known.

    Makes the key when missing.
    """
    from doorstep_relay.ssh.host_key import host_key, known_hosts_line

    settings = read_settings(flags)
    make_data_directory(settings)
    key = host_key(settings)
    at = port or (settings.ssh.port if settings.ssh is not None else 0)
    click.echo(key.get_fingerprint("sha256"))
    if at:
        click.echo(known_hosts_line(key, host or settings.domain, at))
    else:
        click.echo(_WHICH_PORT, err=True)
