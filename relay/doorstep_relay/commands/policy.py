"""`doorstep-relay share policy`: who may look at a share."""

from __future__ import annotations

import json
from typing import IO, Any

import click

from doorstep_relay.cli_output import print_json
from doorstep_relay.commands.running import database_options, perform
from doorstep_relay.errors import BadPolicy


@click.command()
@click.argument("name")
@click.option(
    "--set", "whole", type=click.File(), metavar="FILE", help="Set this policy, in JSON; - reads it."
)
@click.option(
    "--change", type=click.File(), metavar="FILE", help="Set what is in it, take away what is null."
)
@click.option("--clear", is_flag=True, help="Let everybody look.")
@database_options
def policy(name: str, whole: IO[str] | None, change: IO[str] | None, clear: bool, **flags: Any) -> None:
    """Show who may look at the share NAME, or change it; of secrets it shows that there are some.

    A password or a key comes in a file or from standard input, since every user of a computer can read the
    arguments of its programs.
    """
    from doorstep_relay.control.actors import OPERATOR

    if (whole is not None) + (change is not None) + clear > 1:
        raise click.UsageError("give one of --set, --change and --clear")
    if whole is not None or clear:
        raw = {} if whole is None else _object(whole)
        found = perform(flags, lambda services: services.policies.replace(name, OPERATOR, raw)).policy
    elif change is not None:
        raw = _object(change)
        found = perform(flags, lambda services: services.policies.amend(name, OPERATOR, raw)).policy
    else:
        found = perform(flags, lambda services: services.policies.of(name, OPERATOR))
    print_json([found.shown()])


def _object(file: IO[str]) -> dict[str, Any]:
    try:
        found = json.load(file)
    except ValueError as error:
        raise BadPolicy(f"this is no JSON: {error}") from None
    if not isinstance(found, dict):
        raise BadPolicy("this is no JSON object")
    return found
