"""`doorstep-relay token`: make, list and revoke tokens."""

from __future__ import annotations

import time
from dataclasses import asdict
from typing import Any

import click

from doorstep_relay.cli_output import print_json, print_table
from doorstep_relay.commands.running import database_options, duration, patterns, perform, scopes
from doorstep_relay.domain.times import duration_text, relative_text


@click.group()
def token() -> None:
    """Make, list and revoke tokens: what clients show to open shares."""


@token.command("create")
@click.argument("name")
@click.option("--expires", metavar="TIME", help="How long it is valid: 12h, 30d. Without it: until revoked.")
@click.option("--scopes", "wanted", metavar="SCOPES", help="What it may do: share, own, admin.")
@click.option("--names", metavar="PATTERNS", help="Names that it may open, like ci-*; any by default.")
@click.option("--label", default="", help="What it is for, in your own words.")
@database_options
def create(
    name: str, expires: str | None, wanted: str | None, names: str | None, label: str, **flags: Any
) -> None:
    """Make a token for the account NAME and print it, alone, on stdout."""
    lifetime = None if expires is None else duration("--expires", expires)
    made = perform(
        flags,
        lambda services: services.tokens.create(
            name,
            expires_in=lifetime,
            scopes=scopes("--scopes", wanted),
            names=patterns("--names", names),
            label=label,
        ),
        create=True,
    )
    click.echo(made.raw)
    until = "until revoked" if lifetime is None else f"for {duration_text(lifetime)}"
    click.echo(f"This is token {made.facts.key} of {name}, valid {until}. It is not shown again.", err=True)


@token.command("list")
@click.option("--json", "as_json", is_flag=True, help="For programs. Times are unix seconds.")
@database_options
def show(as_json: bool, **flags: Any) -> None:
    """List the tokens. Their secrets are not stored, so they cannot be shown."""
    found = perform(flags, lambda services: services.tokens.list())
    now = time.time()
    if as_json:
        print_json({**asdict(one), "usable": one.usable(now)} for one in found)
        return
    print_table(
        ("ID", "ACCOUNT", "STATE", "EXPIRES", "LAST USED", "CREATED", "SCOPES", "NAMES", "LABEL"),
        (
            (
                one.key,
                one.account,
                "usable" if one.usable(now) else "revoked" if one.revoked_at else "expired",
                relative_text(one.expires_at, now),
                relative_text(one.last_used_at, now),
                relative_text(one.created_at, now),
                one.scopes,
                one.names or "any",
                one.label,
            )
            for one in found
        ),
        nothing="There are no tokens yet; `doorstep-relay token create NAME` makes one.",
    )


@token.command("revoke")
@click.argument("id_or_name")
@database_options
def revoke(id_or_name: str, **flags: Any) -> None:
    """Revoke the token with this id, or every token of the account of this name."""
    changes = perform(flags, lambda services: services.tokens.revoke(id_or_name))
    click.echo(f"Revoked {len(changes)} {'token' if len(changes) == 1 else 'tokens'}.", err=True)
