"""`doorstep-relay invite`: codes that let one person in, once."""

from __future__ import annotations

import time
from dataclasses import asdict
from typing import Any

import click

from doorstep_relay.cli_output import print_json, print_table
from doorstep_relay.commands.running import database_options, duration, perform, scopes
from doorstep_relay.domain.scopes import Role
from doorstep_relay.domain.times import duration_text, relative_text


@click.group()
def invite() -> None:
    """Make, list and revoke invitations: single-use codes for `doorstep login`."""


@invite.command("create")
@click.argument("name")
@click.option("--role", type=click.Choice([role.value for role in Role]), help="Of a new account.")
@click.option("--scopes", "wanted", metavar="SCOPES", help="What its token may do: share, own, admin.")
@click.option("--expires", metavar="TIME", default="7d", help="How long it is good: 12h, 7d.")
@database_options
def create(name: str, role: str | None, wanted: str | None, expires: str, **flags: Any) -> None:
    """Make an invitation for the account NAME and print its code, alone, on stdout."""
    lasts = duration("--expires", expires)
    made = perform(
        flags,
        lambda services: services.invitations.create(
            name, role=Role(role or Role.member), scopes=scopes("--scopes", wanted), expires_in=lasts
        ),
        create=True,
    )
    click.echo(made.code)
    text = f"This is invitation {made.facts.id} for {name}, good once within {duration_text(lasts)}."
    click.echo(f"{text} Its owner runs `doorstep login URL --code CODE`.", err=True)


@invite.command("list")
@click.option("--json", "as_json", is_flag=True, help="For programs. Times are unix seconds.")
@database_options
def show(as_json: bool, **flags: Any) -> None:
    """List the invitations. Their codes are not stored, so they cannot be shown."""
    found = perform(flags, lambda services: services.invitations.list())
    now = time.time()
    if as_json:
        print_json({**asdict(one), "state": one.state(now)} for one in found)
        return
    print_table(
        ("ID", "ACCOUNT", "STATE", "ROLE", "SCOPES", "EXPIRES", "MADE BY"),
        (
            (
                str(one.id),
                one.account,
                one.state(now),
                one.role,
                one.scopes,
                relative_text(one.expires_at, now),
                one.created_by,
            )
            for one in found
        ),
        nothing="There are no invitations; `doorstep-relay invite create NAME` makes one.",
    )


@invite.command("revoke")
@click.argument("number", type=int)
@database_options
def revoke(number: int, **flags: Any) -> None:
    """Let nobody in by the invitation with this id."""
    perform(flags, lambda services: services.invitations.revoke(number))
    click.echo(f"Revoked invitation {number}.", err=True)
