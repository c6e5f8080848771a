"""`doorstep-relay key`: the public keys by which SSH clients come in."""

from __future__ import annotations

import time
from dataclasses import asdict
from typing import IO, Any

import click

from doorstep_relay.cli_output import print_json, print_table
from doorstep_relay.commands.running import database_options, duration, patterns, perform
from doorstep_relay.domain.times import relative_text


@click.group()
def key() -> None:
    """Register, list and remove public keys: who holds one opens shares over SSH."""


@key.command("add")
@click.argument("account")
@click.argument("file", type=click.File("r"), metavar="FILE")
@click.option("--label", help="What it is called; by default the key's comment.")
@click.option("--names", metavar="PATTERNS", help="Names that it may open, like ci-*; any by default.")
@click.option("--expires", metavar="TIME", help="How long it is valid: 12h, 30d. Without it: until removed.")
@database_options
def add(
    account: str, file: IO[str], label: str | None, names: str | None, expires: str | None, **flags: Any
) -> None:
    """Register the key in FILE (an id_ed25519.pub, or - for stdin) for ACCOUNT; prints its fingerprint."""
    lifetime = None if expires is None else duration("--expires", expires)
    line = file.read().strip()
    made = perform(
        flags,
        lambda services: services.keys.add(
            account, line, label=label, names=patterns("--names", names), expires_in=lifetime
        ),
    )
    click.echo(made.fingerprint)


@key.command("list")
@click.option("--account", help="Of this account alone.")
@click.option("--json", "as_json", is_flag=True, help="For programs. Times are unix seconds.")
@database_options
def show(account: str | None, as_json: bool, **flags: Any) -> None:
    """List them."""
    found = perform(flags, lambda services: services.keys.list(account=account))
    if as_json:
        print_json(asdict(one) for one in found)
        return
    now = time.time()
    print_table(
        ("FINGERPRINT", "ACCOUNT", "KIND", "EXPIRES", "LAST USED", "CREATED", "NAMES", "LABEL"),
        (
            (
                one.fingerprint,
                one.account,
                one.algorithm,
                relative_text(one.expires_at, now),
                relative_text(one.last_used_at, now),
                relative_text(one.created_at, now),
                one.names or "any",
                one.label,
            )
            for one in found
        ),
        nothing="There are no keys yet; `doorstep-relay key add ACCOUNT id_ed25519.pub` registers one.",
    )


@key.command("remove")
@click.argument("fingerprint")
@database_options
def remove(fingerprint: str, **flags: Any) -> None:
    """Forget the key with this FINGERPRINT; its sessions end."""
    perform(flags, lambda services: services.keys.remove(fingerprint))
    click.echo(f"Removed {fingerprint}.", err=True)
