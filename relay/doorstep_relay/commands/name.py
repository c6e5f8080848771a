"""`doorstep-relay name`: which names are kept for an account, and which nobody gets."""

from __future__ import annotations

import time
from dataclasses import asdict
from typing import Any

import click

from doorstep_relay.cli_output import print_json, print_table
from doorstep_relay.commands.running import database_options, perform
from doorstep_relay.control.actors import OPERATOR
from doorstep_relay.domain.times import relative_text


@click.group()
def name() -> None:
    """Keep names for accounts, or deny them to everybody. A * in PATTERN is for any signs: team-*."""


@name.command("reserve")
@click.argument("pattern")
@click.argument("account")
@database_options
def reserve(pattern: str, account: str, **flags: Any) -> None:
    """Keep PATTERN for ACCOUNT. Who has such a name now keeps it until the share ends."""
    perform(flags, lambda services: services.names.reserve(pattern, account, actor=OPERATOR))
    click.echo(f"{pattern} is kept for {account}.", err=True)


@name.command("unreserve")
@click.argument("pattern")
@database_options
def unreserve(pattern: str, **flags: Any) -> None:
    """Keep PATTERN no longer."""
    perform(flags, lambda services: services.names.unreserve(pattern, actor=OPERATOR))
    click.echo(f"{pattern} is kept for nobody now.", err=True)


@name.command("deny")
@click.argument("pattern")
@click.option("--reason", default="", help="What those who ask for such a name are told.")
@database_options
def deny(pattern: str, reason: str, **flags: Any) -> None:
    """Give PATTERN to nobody. Who has such a name now keeps it: see `share revoke`."""
    perform(flags, lambda services: services.names.deny(pattern, reason, actor=OPERATOR))
    click.echo(f"Nobody gets {pattern} from now on.", err=True)


@name.command("allow")
@click.argument("pattern")
@database_options
def allow(pattern: str, **flags: Any) -> None:
    """Deny PATTERN no longer."""
    perform(flags, lambda services: services.names.allow(pattern, actor=OPERATOR))
    click.echo(f"{pattern} may be had again.", err=True)


@name.command("list")
@click.option("--json", "as_json", is_flag=True, help="For programs. Times are unix seconds.")
@database_options
def show(as_json: bool, **flags: Any) -> None:
    """List the rules. Names that no relay gives out (admin, www, ...) are not among them."""
    kept = perform(flags, lambda services: services.names.reserved())
    denied = perform(flags, lambda services: services.names.denied())
    if as_json:
        print_json(asdict(rule) for rule in (*kept, *denied))
        return
    now = time.time()
    print_table(
        ("PATTERN", "KEPT FOR", "BY", "SINCE", "REASON"),
        (
            (
                rule.pattern,
                rule.account or "nobody",
                rule.created_by,
                relative_text(rule.created_at, now),
                rule.reason,
            )
            for rule in (*kept, *denied)
        ),
        nothing="There are no rules about names.",
    )
