"""`doorstep-relay domain`: host names of accounts' own."""

from __future__ import annotations

import time
from dataclasses import asdict
from typing import Any

import click

from doorstep_relay.cli_options import setting_options
from doorstep_relay.cli_output import print_json, print_table
from doorstep_relay.commands.running import DATABASE_SETTINGS, database_options, perform
from doorstep_relay.control.actors import OPERATOR
from doorstep_relay.domain.times import relative_text

_with_dns = setting_options(*DATABASE_SETTINGS, "dns_server", "domain", "public_url")


@click.group()
def domain() -> None:
    """List, add, prove and remove host names that show a share of their account."""


@domain.command("list")
@click.option("--json", "as_json", is_flag=True, help="For programs. Times are unix seconds.")
@database_options
def show(as_json: bool, **flags: Any) -> None:
    """List them, with what is still to be proven."""
    found = perform(flags, lambda services: services.domains.list())
    if as_json:
        print_json(asdict(one) for one in found)
        return
    now = time.time()
    print_table(
        ("HOST", "SHOWS", "ACCOUNT", "PROVEN", "TXT RECORD", "VALUE"),
        (
            (
                one.host,
                one.name,
                one.account or "",
                relative_text(one.verified_at, now),
                one.record,
                one.value,
            )
            for one in found
        ),
        nothing="No account has a host name of its own.",
    )


@domain.command("add")
@click.argument("host")
@click.argument("name")
@click.option("--account", required=True, help="Whose the host and the share are.")
@_with_dns
def add(host: str, name: str, account: str, **flags: Any) -> None:
    """Say that HOST is to show the share NAME of an account; prints the TXT record that proves it."""
    made = perform(flags, lambda services: services.domains.add_for(account, host, name))
    click.echo(f"{made.record} TXT {made.value}")
    click.echo(f"Then: doorstep-relay domain verify {made.host} --account {account}", err=True)


@domain.command("verify")
@click.argument("host")
@click.option("--account", required=True, help="Whose the host is.")
@_with_dns
def verify(host: str, account: str, **flags: Any) -> None:
    """Look for the TXT record; HOST shows its share from then on."""
    perform(flags, lambda services: services.domains.verify_for(account, host))
    click.echo(f"{host} is proven.", err=True)


@domain.command("remove")
@click.argument("host")
@database_options
def remove(host: str, **flags: Any) -> None:
    """Show nothing at HOST any more."""
    perform(flags, lambda services: services.domains.remove(host, actor=OPERATOR))
    click.echo(f"{host} shows nothing now.", err=True)
