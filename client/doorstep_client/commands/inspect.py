"""`doorstep inspect`: where the requests of this user's links can be seen."""

from __future__ import annotations

from typing import Final

import click

_HOW: Final = (
    "No link of yours is being inspected. Open one with `doorstep share PORT --inspect`, "
    "launch(share=True, inspect=True) or DOORSTEP_INSPECT=1."
)


@click.command("inspect")
@click.option("--open/--no-open", "in_browser", default=True, help="Open the newest page in the browser.")
def inspect(*, in_browser: bool) -> None:
    """Show the requests of your links as they come, on pages of this computer.

    The addresses are for you alone: who has one, on this computer, sees what visitors send.
    """
    from doorstep_client.inspector.notes import running

    found = running()
    if not found:
        raise click.ClickException(_HOW)
    for url in found:
        click.echo(url)
    if in_browser:
        import webbrowser

        webbrowser.open(found[-1])
