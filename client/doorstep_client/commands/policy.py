"""`doorstep policy`: who may look at a link of one's own, changed while it lives."""

from __future__ import annotations

import json
from typing import Any, Final
from urllib.parse import quote

import click

from doorstep_client.commands.asking import ask, relay_option
from doorstep_client.commands.policy_options import policy_options, read_options

_REMOVABLE: Final = (
    *("password", "key", "networks", "methods", "oidc"),
    *("one_time", "starts", "ends", "interstitial", "index"),
)


@click.command()
@click.argument("name")
@policy_options
@click.option(
    "--no", "without", multiple=True, type=click.Choice(_REMOVABLE), help="Take this condition away."
)
@click.option("--clear", is_flag=True, help="Let everybody look.")
@relay_option
def policy(name: str, without: tuple[str, ...], clear: bool, relay: str | None, **flags: Any) -> None:
    """Show who may look at your link NAME, or change what is named; the rest stays.

    Whoever is inside and may not any more is turned out within a moment.
    """
    said = read_options(flags) | dict.fromkeys(without)
    path = f"/api/v1/shares/{quote(name, safe='')}/policy"
    if clear:
        ask(relay, "DELETE", path)
    found = ask(relay, "PATCH", path, said) if said else ask(relay, "GET", path)
    made = found.pop("new_key", None)
    click.echo(json.dumps(found, indent=2))
    if made is not None:
        click.echo(f"The link's key is not shown again: add ?k={made} to its address.", err=True)
