"""`doorstep-relay usage` and `doorstep-relay settings`: what went through, and what the relay goes by."""

from __future__ import annotations

import time
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from doorstep_relay.cli_options import setting_options
from doorstep_relay.cli_output import print_json, print_table
from doorstep_relay.commands.running import database_options, perform
from doorstep_relay.config import NAMES_WITH_FLAGS, read_settings, shown
from doorstep_relay.domain.months import month_of, parse_month
from doorstep_relay.errors import ConfigError

if TYPE_CHECKING:
    from doorstep_relay.control.services import Services
    from doorstep_relay.store.usage import Sums

_PAGE = 1000


@click.command()
@click.option("--month", metavar="YYYY-MM", help="Which month (UTC). Without it: this one.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@database_options
def usage(month: str | None, as_json: bool, **flags: Any) -> None:
    """What went through the shares of each account in a month."""
    try:
        asked = month_of(time.time()) if month is None else parse_month(month)
    except ValueError as error:
        raise ConfigError(f"--month: {error}") from None

    async def run(services: Services) -> list[Sums]:
        found: list[Sums] = []
        while part := await services.usage.by_account(asked, after=found[-1].id if found else 0, limit=_PAGE):
            found += part
        return found

    lines = perform(flags, run)
    if as_json:
        print_json(
            {
                "account": line.name,
                "requests": line.requests,
                "bytes_in": line.bytes_in,
                "bytes_out": line.bytes_out,
            }
            for line in lines
        )
        return
    rows = ((line.name, str(line.requests), str(line.bytes_in), str(line.bytes_out)) for line in lines)
    print_table(("ACCOUNT", "REQUESTS", "BYTES IN", "BYTES OUT"), rows, nothing=f"Nothing in {asked}.")


@click.command()
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@setting_options(*NAMES_WITH_FLAGS)
def settings(as_json: bool, **flags: Any) -> None:
    """The settings as `serve` would read them, with these flags, environment and file. No secrets."""
    lines = shown(read_settings(flags))
    if as_json:
        print_json(asdict(line) for line in lines)
        return
    rows = (
        (
            line.name,
            "(secret)" if line.is_secret else line.value or "none",
            "default" if line.is_default else "set",
            "live" if line.reloads else "restart",
        )
        for line in lines
    )
    print_table(("SETTING", "VALUE", "FROM", "CHANGES BY"), rows, nothing="")
