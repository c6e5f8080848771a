"""`doorstep-relay audit`: who did what to which right or link, and when."""

from __future__ import annotations

import time
from dataclasses import asdict
from typing import Any

import click

from doorstep_relay.cli_output import print_json, print_table
from doorstep_relay.commands.running import database_options, duration, perform
from doorstep_relay.domain.times import relative_text


@click.group()
def audit() -> None:
    """Read the audit trail."""


@audit.command("list")
@click.option("--account", metavar="NAME", help="About the shares and tokens of this account.")
@click.option("--share", metavar="NAME", help="About the share or account of this name.")
@click.option("--action", help="token.revoke; or `token.` for all that happens to tokens.")
@click.option("--since", metavar="TIME", help="Not longer ago than this: 12h, 30d.")
@click.option("--limit", type=click.IntRange(1, 100_000), default=100, help="How many at the most.")
@click.option("--json", "as_json", is_flag=True, help="For programs. Times are unix seconds.")
@database_options
def show(
    account: str | None,
    share: str | None,
    action: str | None,
    since: str | None,
    limit: int,
    as_json: bool,
    **flags: Any,
) -> None:
    """List what happened, newest first."""
    from doorstep_relay.control.trail import Filter

    now = time.time()
    start = None if since is None else now - duration("--since", since)
    wanted = Filter(subject=share, action=action, since=start)
    found = perform(flags, lambda services: services.trail.page(wanted, account=account, limit=limit))
    if as_json:
        print_json(asdict(event) for event in found)
        return
    print_table(
        ("WHEN", "WHO", "WHAT", "OF", "REASON"),
        (
            (relative_text(event.at, now), event.actor, event.action, event.subject, event.reason)
            for event in found
        ),
        nothing="Nothing of the kind is in the audit trail.",
    )
