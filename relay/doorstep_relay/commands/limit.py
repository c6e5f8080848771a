"""`doorstep-relay limit`: what accounts and shares are held to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from doorstep_relay.cli_output import print_json, print_table
from doorstep_relay.commands.running import database_options, perform
from doorstep_relay.control.limit_text import READERS
from doorstep_relay.domain.limits import NAMES, as_stated
from doorstep_relay.errors import ConfigError

if TYPE_CHECKING:
    from doorstep_relay.control.services import Services

_Stated = dict[str, Any]


@click.group()
def limit() -> None:
    """Show and state the limits of accounts and shares. The relay's defaults are its settings."""


@limit.command("account")
@click.argument("name")
@click.argument("changes", nargs=-1, metavar="[LIMIT=VALUE]...")
@click.option("--json", "as_json", is_flag=True, help="For programs. Times are seconds, sizes bytes.")
@database_options
def account(name: str, changes: tuple[str, ...], as_json: bool, **flags: Any) -> None:
    """Show an account's limits, or change some: max_shares=5 bytes_per_month=50G requests_per_second=none.

    `none` is without limit, `default` what the relay's settings say.
    """

    async def run(services: Services) -> tuple[_Stated, _Stated]:
        from doorstep_relay.control.actors import OPERATOR

        account_id, stated = await services.limits.account(name)
        if changes:
            stated = _changed(stated, changes)
            await services.limits.state_account(name, stated, OPERATOR)
        await services.limits.load()
        return stated, as_stated(services.limits.of_account(account_id))

    _show(perform(flags, run), as_json)


@limit.command("share")
@click.argument("name")
@click.argument("changes", nargs=-1, metavar="[LIMIT=VALUE]...")
@click.option("--json", "as_json", is_flag=True, help="For programs. Times are seconds, sizes bytes.")
@database_options
def share(name: str, changes: tuple[str, ...], as_json: bool, **flags: Any) -> None:
    """Show the limits of a share, or change some. It is held to the tightest of its own and its account's.

    `default` takes a limit of its own away.
    """

    async def run(services: Services) -> tuple[_Stated, _Stated]:
        from doorstep_relay.control.actors import OPERATOR

        share_id, account_id, stated = await services.limits.share(name, OPERATOR)
        if changes:
            stated = _changed(stated, changes)
            await services.limits.state_share(name, stated, OPERATOR)
        await services.limits.load()
        return stated, as_stated(services.limits.of_share(share_id, account_id))

    _show(perform(flags, run), as_json)


def _changed(stated: _Stated, changes: tuple[str, ...]) -> _Stated:
    found = dict(stated)
    for change in changes:
        name, equals, text = change.partition("=")
        if not equals or name not in NAMES:
            raise ConfigError(f"{change!r} is no limit; write one of {', '.join(NAMES)} with = and a value")
        if text == "default":
            found.pop(name, None)
        else:
            found[name] = _value(name, text)
    return found


def _value(name: str, text: str) -> float | None:
    try:
        return READERS[name](text)
    except ValueError as error:
        raise ConfigError(f"{name}: {text!r} cannot be used: {error}") from None


def _show(limits: tuple[_Stated, _Stated], as_json: bool) -> None:
    stated, effective = limits
    if as_json:
        print_json([{"stated": stated, "effective": effective}])
        return
    rows = ((name, _text(stated, name, "-"), _text(effective, name, "none")) for name in NAMES)
    print_table(("LIMIT", "ITS OWN", "HOLDS"), rows, nothing="")


def _text(limits: _Stated, name: str, missing: str) -> str:
    if name not in limits:
        return missing
    value = limits[name]
    return "none" if value is None else f"{value:.15g}"
