"""The options of commands that say whom to trust on the way to a relay."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import click

_OPTIONS: Final = (
    click.option("--ca", metavar="FILE", help="Trust the authorities in this file or folder (PEM), too."),
    click.option("--cert", metavar="FILE", help="Show this certificate (PEM), with its key."),
    click.option("--key", metavar="FILE", help="The key of --cert, where it has a file of its own."),
    click.option("--pin", metavar="sha256/…", help="The public key that the relay must have."),
)


def network_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """`--ca`, `--cert`, `--key` and `--pin`."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command
