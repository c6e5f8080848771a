"""The options of commands that say whom to trust on the way to a relay."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import click

_KEY: Final = "The key of --cert, where it has a file of its own."
_OPTIONS: Final = (
    click.option("--ca", metavar="FILE", help="Trust the authorities in this file or folder (PEM), too."),
    click.option("--cert", metavar="FILE", help="Show this certificate (PEM), with its key."),
    click.option("--pin", metavar="sha256/…", help="The public key that the relay must have."),
    click.option(
        "--proxy",
        metavar="URL",
        help="The HTTP proxy to go through, or none. One with a password is better named in DOORSTEP_PROXY: "
        "other users of this computer can read arguments.",
    ),
)


def network_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """`--ca`, `--cert`, `--cert-key` (or `--key`), `--pin` and `--proxy`."""
    return _with(click.option("--cert-key", "--key", "key", metavar="FILE", help=_KEY), command)


def network_options_of_links(command: Callable[..., Any]) -> Callable[..., Any]:
    """The same where `--key` is a link's; the argument is `cert_key`."""
    return _with(click.option("--cert-key", metavar="FILE", help=_KEY), command)


def read_network(flags: dict[str, Any]) -> dict[str, Any]:
    """What was said of the network, as arguments of `share`. Takes it out of `flags`. Raises `UsageError`."""
    given = {name: flags.pop(name) for name in ("ca", "cert", "cert_key", "pin", "proxy")}
    key = given.pop("cert_key")
    if key:
        if not given["cert"]:
            raise click.UsageError("--cert-key is the key of a certificate: give --cert too")
        given["cert"] = (given["cert"], key)
    return {name: value for name, value in given.items() if value}


def _with(key: Callable[..., Any], command: Callable[..., Any]) -> Callable[..., Any]:
    options = [*_OPTIONS[:2], key, *_OPTIONS[2:]]
    for option in reversed(options):
        command = option(command)
    return command
