"""Flags that say who may look at a link.

Secrets are asked for or come from the environment, never as words of a command line: every user of a computer
can read those.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import Any, Final, TypeVar

import click

PASSWORD_VARIABLE: Final = "DOORSTEP_SHARE_PASSWORD"  # noqa: S105  # the name of a variable
T = TypeVar("T")


def policy_options(function: Callable[..., T]) -> Callable[..., T]:
    """The flags; `read_options` makes a policy of them."""
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


def read_options(flags: dict[str, Any]) -> dict[str, Any]:
    """What the flags ask for, and nothing that was not said. Takes them out of `flags`."""
    said: dict[str, Any] = {}
    if flags.pop("password"):
        said["password"] = os.environ.get(PASSWORD_VARIABLE) or _ask_password()
    for name, flag in (("networks", "network"), ("methods", "method")):
        if given := flags.pop(flag):
            said[name] = list(given)
    people = {name: list(given) for name in ("domains", "emails") if (given := flags.pop(name))}
    if people:
        said["oidc"] = people
    for name in ("key", "one_time", "index"):
        if flags.pop(name):
            said[name] = True
    for name in ("starts", "ends"):
        if given := flags.pop(name):
            said[name] = given
    interstitial = flags.pop("interstitial")
    return said if interstitial is None else said | {"interstitial": interstitial}


def _ask_password() -> str:
    """Typed twice, as nobody sees it; a program says it once, on standard input."""
    if sys.stdin.isatty():
        return str(click.prompt("Password of the link", hide_input=True, confirmation_prompt=True))
    password = sys.stdin.readline().rstrip("\r\n")
    if not password:
        raise click.UsageError(
            f"--password: nothing came on standard input; write it there, or into {PASSWORD_VARIABLE}"
        )
    return password


_OPTIONS: Final = (
    click.option(
        "--password", is_flag=True, help=f"Ask for a password, typed here or in {PASSWORD_VARIABLE}."
    ),
    click.option("--key", is_flag=True, help="Ask for a key in the link; one is made and printed."),
    click.option("--network", multiple=True, metavar="CIDR", help="Only from there; may be given again."),
    click.option("--method", multiple=True, metavar="METHOD", help="Only these; may be given again."),
    click.option(
        "--people-of",
        "domains",
        multiple=True,
        metavar="DOMAIN",
        help="People who sign in with an address there.",
    ),
    click.option(
        "--person", "emails", multiple=True, metavar="EMAIL", help="A person who signs in with this address."
    ),
    click.option("--one-time", is_flag=True, help="The first browser keeps the link."),
    click.option("--starts", metavar="TIME", help="From when on, like 2030-01-31T09:00:00+01:00."),
    click.option("--ends", metavar="TIME", help="Until when."),
    click.option("--interstitial/--no-interstitial", default=None, help="Tell people where it comes from."),
    click.option("--index", is_flag=True, help="Let search engines keep it."),
)
