"""`doorstep-relay account`: make, list and change accounts, shut one out and let it in again."""

from __future__ import annotations

import time
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from doorstep_relay.cli_output import print_json, print_table
from doorstep_relay.commands.running import database_options, perform
from doorstep_relay.domain.scopes import Role
from doorstep_relay.domain.times import relative_text

if TYPE_CHECKING:
    from doorstep_relay.control.accounts import AccountFacts

_role = click.option("--role", type=click.Choice([role.value for role in Role]), help="admin or member.")
_json = click.option("--json", "as_json", is_flag=True, help="For programs. Times are unix seconds.")


@click.group()
def account() -> None:
    """Make, list, change and ban accounts: who may open links."""


@account.command("create")
@click.argument("name")
@_role
@click.option("--email", help="The address by which this person may sign in.")
@database_options
def create(name: str, role: str | None, email: str | None, **flags: Any) -> None:
    """Make the account NAME. It has no token yet: see `token create` and `invite create`."""
    from doorstep_relay.control.actors import OPERATOR

    wanted = Role(role or Role.member)
    perform(
        flags,
        lambda services: services.accounts.create(name, by=OPERATOR, role=wanted, email=email),
        create=True,
    )
    click.echo(f"Made the account {name} ({wanted}).", err=True)


@account.command("list")
@_json
@database_options
def show(as_json: bool, **flags: Any) -> None:
    """List the accounts."""
    _print(perform(flags, lambda services: services.accounts.list()), as_json=as_json)


@account.command("show")
@click.argument("name")
@_json
@database_options
def one(name: str, as_json: bool, **flags: Any) -> None:
    """Show the account NAME."""
    _print([perform(flags, lambda services: services.accounts.find(name))], as_json=as_json)


@account.command("change")
@click.argument("name")
@_role
@click.option("--email", help="Another address; empty for none.")
@click.option("--rename", metavar="NAME", help="Another name.")
@database_options
def change(name: str, role: str | None, email: str | None, rename: str | None, **flags: Any) -> None:
    """Give the account NAME another role, address or name. Its sessions obey at once."""
    from doorstep_relay.control.accounts import AccountChange
    from doorstep_relay.control.actors import OPERATOR

    wanted = AccountChange(name=rename, role=Role(role) if role else None, email=email)
    _, changes = perform(flags, lambda services: services.accounts.change(name, wanted, by=OPERATOR))
    click.echo(f"Changed {rename or name}." if changes else f"{name} is like that already.", err=True)


@account.command("ban")
@click.argument("name")
@click.option("--reason", default="", help="What its owner and its links' visitors read.")
@database_options
def ban(name: str, reason: str, **flags: Any) -> None:
    """Shut the account NAME out: its tokens are refused, its sessions and all its links end at once."""
    from doorstep_relay.control.actors import OPERATOR

    changes = perform(flags, lambda services: services.accounts.ban(name, by=OPERATOR, reason=reason))
    ended = sum(change.action == "share.revoke" for change in changes)
    click.echo(f"Banned {name}; {ended} {'link' if ended == 1 else 'links'} ended.", err=True)


@account.command("end-links")
@click.argument("name")
@click.option("--reason", default="", help="What the links' visitors read.")
@database_options
def end_links(name: str, reason: str, **flags: Any) -> None:
    """End all links of the account NAME now. It may open others; their names it gets by `share release`."""
    from doorstep_relay.control.actors import OPERATOR

    ended = len(
        perform(flags, lambda services: services.shares.revoke_all(name, actor=OPERATOR, reason=reason))
    )
    click.echo(f"{ended} {'link' if ended == 1 else 'links'} of {name} ended.", err=True)


@account.command("unban")
@click.argument("name")
@database_options
def unban(name: str, **flags: Any) -> None:
    """Let the account NAME in again. Its links stay ended."""
    from doorstep_relay.control.actors import OPERATOR

    perform(flags, lambda services: services.accounts.unban(name, by=OPERATOR))
    click.echo(f"{name} may come in.", err=True)


def _print(found: Any, *, as_json: bool) -> None:
    if as_json:
        print_json(asdict(facts) for facts in found)
        return
    now = time.time()
    print_table(
        ("NAME", "ROLE", "STATE", "EMAIL", "CREATED", "REASON"),
        (_row(facts, now) for facts in found),
        nothing="There are no accounts yet; `doorstep-relay token create NAME` makes one with its token.",
    )


def _row(facts: AccountFacts, now: float) -> tuple[str, ...]:
    state = "active" if facts.banned_at is None else "banned"
    created = relative_text(facts.created_at, now)
    return (facts.name, facts.role, state, facts.email or "", created, facts.ban_reason)
