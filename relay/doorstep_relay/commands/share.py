"""`doorstep-relay share`: list, revoke and release shares."""

from __future__ import annotations

import time
from dataclasses import asdict
from typing import Any

import click

from doorstep_relay.cli_output import print_json, print_table
from doorstep_relay.commands.running import database_options, perform
from doorstep_relay.domain.times import relative_text


@click.group()
def share() -> None:
    """List, revoke and release shares."""


@share.command("list")
@click.option("--all", "ended", is_flag=True, help="Also those that are over.")
@click.option("--json", "as_json", is_flag=True, help="For programs. Times are unix seconds.")
@database_options
def show(ended: bool, as_json: bool, **flags: Any) -> None:
    """List the shares that hold a name now."""
    found = perform(flags, lambda services: services.shares.list(ended=ended))
    if as_json:
        print_json(asdict(one) for one in found)
        return
    now = time.time()
    print_table(
        ("NAME", "STATE", "OWNER", "CREATED", "EXPIRES", "REASON"),
        (
            (
                one.name,
                one.state,
                one.owner or "nobody",
                relative_text(one.created_at, now),
                "ended " + relative_text(one.ended_at, now)
                if one.ended_at
                else relative_text(one.expires_at, now),
                one.reason,
            )
            for one in found
        ),
        nothing="There are no shares now.",
    )


@share.command("revoke")
@click.argument("name")
@click.option("--reason", default="", help="What visitors and the share's owner read.")
@database_options
def revoke(name: str, reason: str, **flags: Any) -> None:
    """End a share now. Its name is given to nobody until it is released."""
    from doorstep_relay.control.actors import OPERATOR

    perform(flags, lambda services: services.shares.revoke(name, actor=OPERATOR, reason=reason))
    click.echo(f"Revoked {name}. `doorstep-relay share release {name}` gives the name free again.", err=True)


@share.command("release")
@click.argument("name")
@database_options
def release(name: str, **flags: Any) -> None:
    """Give a revoked name, or one that is kept for its last owner, free for everybody."""
    from doorstep_relay.control.actors import OPERATOR

    perform(flags, lambda services: services.shares.release(name, actor=OPERATOR))
    click.echo(f"Released {name}.", err=True)
