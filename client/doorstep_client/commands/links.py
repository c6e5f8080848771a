"""`doorstep links`, and what is done to one of them: revoke, extend, pause, resume."""

from __future__ import annotations

import json
import time
from typing import Any
from urllib.parse import quote, urlencode

import click

from doorstep_client.commands.asking import ask, ask_all, relay_option
from doorstep_client.commands.time_span import time_span


@click.command()
@click.option("--all", "ended", is_flag=True, help="Also those that are over.")
@click.option("--json", "as_json", is_flag=True, help="For programs. Times are unix seconds.")
@relay_option
def links(ended: bool, as_json: bool, relay: str | None) -> None:
    """List your links, from whichever computer they were opened."""
    found = ask_all(relay, "shares", {"ended": "true"} if ended else {})
    if as_json:
        click.echo(json.dumps(found, indent=2))
    elif found:
        _print_table([("NAME", "STATE", "ENDS", "ADDRESS"), *(_row(link, time.time()) for link in found)])
    else:
        click.echo("You have no links now.", err=True)


@click.command()
@click.argument("name")
@click.option("--reason", default="", help="What its visitors read.")
@relay_option
def revoke(name: str, reason: str, relay: str | None) -> None:
    """End your link NAME now. The name can be had again when the relay's operator releases it."""
    query = "?" + urlencode({"reason": reason}) if reason else ""
    ask(relay, "DELETE", _path(name) + query)
    click.echo(f"Revoked {name}.")


@click.command()
@click.argument("name")
@click.argument("time_", metavar="TIME", type=time_span)
@relay_option
def extend(name: str, time_: float, relay: str | None) -> None:
    """Put off the end of your link NAME by TIME: 90s, 30m, 2h, 3d."""
    link = ask(relay, "POST", _path(name) + "/extend", {"by": time_})
    click.echo(f"{name} ends {_when(link['expires_at'], time.time())}{_at(link['expires_at'])}.")


@click.command()
@click.argument("name")
@relay_option
def pause(name: str, relay: str | None) -> None:
    """Let nobody see your link NAME until `doorstep resume NAME`. Its program goes on."""
    ask(relay, "POST", _path(name) + "/pause")
    click.echo(f"Paused {name}: its visitors are told so.")


@click.command()
@click.argument("name")
@relay_option
def resume(name: str, relay: str | None) -> None:
    """Let visitors see your link NAME again."""
    ask(relay, "POST", _path(name) + "/resume")
    click.echo(f"Resumed {name}.")


def _path(name: str) -> str:
    return f"/api/v1/shares/{quote(name, safe='')}"


def _row(link: dict[str, Any], now: float) -> tuple[str, str, str, str]:
    over = link["ended_at"] is not None
    state = f"{link['state']}, paused" if link["paused_at"] is not None and not over else link["state"]
    ends = link["reason"] or "over" if over else _when(link["expires_at"], now)
    return link["name"], state, ends, link["url"]


def _when(at: float | None, now: float) -> str:
    """`at` as a person reads it: how long it is until then."""
    if at is None:
        return "never"
    left = max(0.0, at - now)
    for size, unit in ((86400, "days"), (3600, "h"), (60, "min")):
        if left >= 2 * size:
            return f"in {left / size:.0f} {unit}"
    return f"in {left:.0f} s"


def _at(at: float | None) -> str:
    return "" if at is None else time.strftime(", at %Y-%m-%d %H:%M:%S", time.localtime(at))


def _print_table(rows: list[tuple[str, ...]]) -> None:
    from doorstep_client.wire import readable

    cells = [tuple(readable(cell) for cell in row) for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for row in cells:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
