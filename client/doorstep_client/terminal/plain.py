"""The link in plain lines: for files, pipes and terminals without a cursor."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from doorstep_client.errors import DoorstepError
from doorstep_client.link import Link
from doorstep_client.terminal.inbox import Inbox
from doorstep_client.terminal.ink import find_ink
from doorstep_client.terminal.qr import qr_lines
from doorstep_client.terminal.words import WAITS

if TYPE_CHECKING:
    from doorstep_client.traffic.observed import Observer


class Plain:
    """The link's address first, as scripts read it; then a sentence for whatever happens to it."""

    saw: Observer | None = None
    on_terminal = False

    def __init__(self, *, quiet: bool = False, qr: bool = False) -> None:
        self._quiet = quiet
        self._qr = qr
        self._shown = False

    def told(self, text: str) -> None:
        """Before the link it goes to standard error, where nobody takes it for the link."""
        if not self._quiet:
            click.echo(text, err=not self._shown)

    def starting(self) -> None:
        """What it prints may stand among the lines."""

    def opening(self) -> None:
        """Nothing comes before the link."""

    def opened(self, link: Link, inbox: Inbox) -> None:
        click.echo(link.visit_url)
        self._shown = True
        if self._qr:
            click.echo("\n".join(qr_lines(link.visit_url, find_ink())), color=True)
        if link.inspect_url and not self._quiet:
            click.echo(f"Its requests, for you: {link.inspect_url}", err=True)

    def turn(self) -> float | None:
        return None

    def keys(self) -> int | None:
        return None

    def pressed(self) -> None:
        """There are no keys."""

    def closing(self) -> None:
        if not self._quiet:
            click.echo(f"Closing: {WAITS}", err=True)

    def ended(self, link: Link) -> None:
        """`told` has said why."""

    def failed(self, error: DoorstepError) -> None:
        click.echo(f"Error: {error}", err=True)

    def restore(self) -> None:
        """Nothing was changed."""
