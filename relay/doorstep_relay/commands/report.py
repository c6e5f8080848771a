"""`doorstep-relay report`: what visitors reported."""

from __future__ import annotations

import time
from dataclasses import asdict
from typing import Any

import click

from doorstep_relay.cli_output import print_json, print_table
from doorstep_relay.commands.running import database_options, perform
from doorstep_relay.domain.times import relative_text


@click.group()
def report() -> None:
    """List and close what visitors reported."""


@report.command("list")
@click.option("--all", "closed", is_flag=True, help="Also those that are closed.")
@click.option("--json", "as_json", is_flag=True, help="For programs. Times are unix seconds.")
@click.option("--limit", type=click.IntRange(1, 1000), default=100, help="The newest so many.")
@database_options
def show(closed: bool, as_json: bool, limit: int, **flags: Any) -> None:
    """List the reports that nobody has closed yet, the newest first."""
    wanted = None if closed else False
    found = perform(flags, lambda services: services.reports.list(closed=wanted, limit=limit))
    if as_json:
        print_json(asdict(one) for one in found)
        return
    now = time.time()
    print_table(
        ("ID", "CAME", "LINK", "ABOUT", "FROM", "CONTACT", "WHAT THEY SAY"),
        (
            (
                str(one.id),
                relative_text(one.at, now),
                one.name,
                one.kind if one.closed_at is None else f"{one.kind} (closed)",
                one.address,
                one.contact,
                " ".join(one.text.split())[:100],
            )
            for one in found
        ),
        nothing="There are no reports.",
    )


@report.command("close")
@click.argument("number", type=click.IntRange(min=1))
@click.option("--outcome", default="", help="What came of it.")
@database_options
def close(number: int, outcome: str, **flags: Any) -> None:
    """Close a report that was looked after."""
    from doorstep_relay.control.actors import OPERATOR

    perform(flags, lambda services: services.reports.close(number, actor=OPERATOR, outcome=outcome))
    click.echo(f"Closed report {number}.", err=True)
