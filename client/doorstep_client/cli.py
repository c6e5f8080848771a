"""The `doorstep` command."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from doorstep_client.errors import DoorstepError, RefusedError, UnreachableError, WireError

if TYPE_CHECKING:
    from doorstep_client.settings import RelaySettings


class _Commands(click.Group):
    """`doorstep app.py` is `doorstep run app.py`."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args[0].endswith(".py"):
            args = ["run", *args]
        return super().resolve_command(ctx, args)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="doorstep", prog_name="doorstep")
def main() -> None:
    """Put local apps on the web, and hand out public links to them.

    `doorstep app.py` runs a script, and again whenever it is saved; its page stays open.
    """


@main.command(
    context_settings={
        "ignore_unknown_options": True,
        "allow_interspersed_args": False,
        "help_option_names": [],
    }
)
@click.argument("arguments", nargs=-1, metavar="SCRIPT [ARGUMENTS]...")
def run(arguments: tuple[str, ...]) -> None:
    """Run a script, and again whenever it is saved; its page stays open."""
    import runpy

    sys.argv = ["doorstep", *arguments]
    runpy.run_module("doorstep.dev", run_name="__main__", alter_sys=False)


@main.command()
@click.argument("relay", metavar="URL")
@click.option("--no-check", is_flag=True, help="Save without asking the relay whether it takes the token.")
def login(relay: str, no_check: bool) -> None:
    """Save a relay's address and your token for `launch(share=True)`, if the relay takes the token.

    The token is asked for, or read from standard input: never an argument, because every user of
    a computer can read the arguments of its programs.
    """
    from doorstep_client.settings import parse_relay, with_token, write_login

    try:
        settings = parse_relay(relay)
        if token := _read_token():
            settings = with_token(settings, token, "")
        if not no_check:
            _check(settings)
        path = write_login(settings.url, token)
    except (DoorstepError, OSError) as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"Saved for {settings.url} in {path}.")


def _check(settings: RelaySettings) -> None:
    """Say what the relay thinks of the token. A relay that is not there may be later."""
    import asyncio

    from doorstep_client.handshake import check

    try:
        asyncio.run(check(settings))
    except RefusedError as error:
        if settings.token is None and error.code == "bad-token":
            raise click.ClickException(
                f"The relay {settings.url} needs a token; nothing was saved."
            ) from error
        raise click.ClickException(f"{_sentence(error)} Nothing was saved.") from error
    except (UnreachableError, WireError) as error:
        click.echo(f"Warning: {_sentence(error)} The token could not be checked.", err=True)
    else:
        found = "accepts this token" if settings.token else "is open to all, no token is needed"
        click.echo(f"The relay {settings.url} {found}.")


def _sentence(error: DoorstepError) -> str:
    return f"{str(error).rstrip('.')}."


def _read_token() -> str | None:
    if sys.stdin.isatty():
        token = click.prompt(
            "Token (empty for an open relay)", hide_input=True, default="", show_default=False
        )
    else:
        token = sys.stdin.readline()
    return str(token).strip() or None


@main.command()
@click.argument("port", type=click.IntRange(1, 65535))
@click.option(
    "--relay", help="The relay's address; by default DOORSTEP_RELAY or what `doorstep login` saved."
)
@click.option("--name", help="The link's name; a random one by default.")
@click.option("--expires-in", type=float, metavar="SECONDS", help="End the link after so many seconds.")
@click.option("--readable", is_flag=True, help="A random name that is easy to say, and can be guessed.")
@click.option("--balance", is_flag=True, help="Share the name with others who open it so, side by side.")
def share(
    port: int,
    relay: str | None,
    name: str | None,
    expires_in: float | None,
    readable: bool,
    balance: bool,
) -> None:
    """Give the server on PORT of this computer a public link, until Ctrl-C."""
    from doorstep_client.link import share as open_link

    try:
        link = open_link(
            port,
            relay=relay,
            name=name,
            expires_in=expires_in,
            naming="readable" if readable else "random",
            balance=balance,
            on_event=click.echo,
        )
    except DoorstepError as error:
        raise click.ClickException(str(error)) from error
    click.echo(link.url)
    try:
        link.wait()
    except KeyboardInterrupt:
        link.close()
    if link.error is not None:
        sys.exit(1)


if __name__ == "__main__":
    main()
