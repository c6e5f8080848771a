"""`doorstep-relay share`: what an operator sees and changes of shares."""

from __future__ import annotations

import time
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

import click

from doorstep_relay.cli_output import print_json, print_table
from doorstep_relay.commands.running import database_options, duration, perform
from doorstep_relay.control.actors import OPERATOR
from doorstep_relay.domain.times import relative_text

if TYPE_CHECKING:
    from doorstep_relay.control.history import ShareFacts

SORTS: Final = ("created", "-created", "name", "-name", "expires", "-expires")


@click.group()
def share() -> None:
    """List and show shares, put off their ends, pause, give away, revoke and release them."""


@share.command("list")
@click.option("--all", "ended", is_flag=True, help="Also those that are over.")
@click.option(
    "--search", default="", metavar="TEXT", help="Only those with it in their or their owner's name."
)
@click.option("--owner", metavar="ACCOUNT", help="Only this account's.")
@click.option("--sort", type=click.Choice(SORTS), default="-created", help="The order; - is downwards.")
@click.option("--limit", type=click.IntRange(1), default=1000, help="How many at the most. [default: 1000]")
@click.option("--json", "as_json", is_flag=True, help="For programs. Times are unix seconds.")
@database_options
def show(
    ended: bool, search: str, owner: str | None, sort: str, limit: int, as_json: bool, **flags: Any
) -> None:
    """List the shares that hold a name now."""
    from doorstep_relay.domain.lifecycle import ACTIVE, ENDED
    from doorstep_relay.store.shares import ShareSearch

    states = tuple(ACTIVE | ENDED) if ended else ()
    wanted = ShareSearch(text=search, owner=owner, states=states, sort=sort, limit=limit)
    found = perform(flags, lambda services: services.shares.search(wanted))
    if as_json:
        print_json(asdict(one) for one in found)
        return
    now = time.time()
    print_table(
        ("NAME", "STATE", "OWNER", "CREATED", "EXPIRES", "REASON"),
        (
            (
                one.name,
                state_text(one),
                one.owner or "nobody",
                relative_text(one.created_at, now),
                end_text(one, now),
                one.reason,
            )
            for one in found
        ),
        nothing="There are no shares now.",
    )


@share.command("show")
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="For programs. Times are unix seconds.")
@database_options
def show_one(name: str, as_json: bool, **flags: Any) -> None:
    """Show one share: the one that has the name, or had it last."""
    from doorstep_relay.errors import NoSuchShare

    found = perform(flags, lambda services: services.shares.find(name))
    if found is None:
        raise NoSuchShare(name)
    if as_json:
        print_json([asdict(found)])
        return
    now = time.time()
    print_table(
        ("NAME", found.name),
        (
            ("state", state_text(found)),
            ("owner", found.owner or "nobody"),
            ("clients", "several may hold it" if found.balanced else "one holds it"),
            ("created", relative_text(found.created_at, now)),
            ("expires", end_text(found, now)),
            ("reason", found.reason),
        ),
        nothing="",
    )


@share.command("extend")
@click.argument("name")
@click.argument("time_", metavar="TIME")
@database_options
def extend(name: str, time_: str, **flags: Any) -> None:
    """Put off a share's end by TIME (90m, 2h, 3d), as far as its owner's longest lifetime allows."""
    by = duration("TIME", time_)
    change = perform(flags, lambda services: services.shares.extend(name, by, actor=OPERATOR))
    click.echo(f"{name} ends {relative_text(change.detail['expires_at'], time.time())} now.", err=True)


@share.command("pause")
@click.argument("name")
@click.option("--reason", default="", help="What the share's owner reads.")
@database_options
def pause(name: str, reason: str, **flags: Any) -> None:
    """Let nobody see a share; its client stays connected."""
    changed = perform(flags, lambda services: services.shares.pause(name, actor=OPERATOR, reason=reason))
    click.echo(f"Paused {name}." if changed else f"{name} is paused already.", err=True)


@share.command("resume")
@click.argument("name")
@database_options
def resume(name: str, **flags: Any) -> None:
    """Let visitors see a paused share again."""
    changed = perform(flags, lambda services: services.shares.unpause(name, actor=OPERATOR))
    click.echo(f"Resumed {name}." if changed else f"{name} is not paused.", err=True)


@share.command("transfer")
@click.argument("name")
@click.argument("account")
@database_options
def transfer(name: str, account: str, **flags: Any) -> None:
    """Give a share to another ACCOUNT. The client that holds it loses it."""
    perform(flags, lambda services: services.shares.transfer(name, account, actor=OPERATOR))
    click.echo(f"{name} belongs to {account} now.", err=True)


@share.command("revoke")
@click.argument("name")
@click.option("--reason", default="", help="What visitors and the share's owner read.")
@database_options
def revoke(name: str, reason: str, **flags: Any) -> None:
    """End a share now. Its name is given to nobody until it is released."""
    perform(flags, lambda services: services.shares.revoke(name, actor=OPERATOR, reason=reason))
    click.echo(f"Revoked {name}. `doorstep-relay share release {name}` gives the name free again.", err=True)


@share.command("release")
@click.argument("name")
@database_options
def release(name: str, **flags: Any) -> None:
    """Give a revoked name, or one that is kept for its last owner, free for everybody."""
    perform(flags, lambda services: services.shares.release(name, actor=OPERATOR))
    click.echo(f"Released {name}.", err=True)


def state_text(share: ShareFacts) -> str:
    """Its state, for people."""
    return f"{share.state}, paused" if share.paused_at is not None and share.ended_at is None else share.state


def end_text(share: ShareFacts, now: float) -> str:
    """When it ends, or ended, for people."""
    if share.ended_at is not None:
        return "ended " + relative_text(share.ended_at, now)
    return relative_text(share.expires_at, now)
