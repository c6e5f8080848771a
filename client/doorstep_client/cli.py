"""The `doorstep` command."""

from __future__ import annotations

import sys

import click

from doorstep_client.errors import DoorstepError


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="doorstep", prog_name="doorstep")
def main() -> None:
    """Put local apps on the web, and hand out public links to them."""


@main.command()
@click.argument("relay", metavar="URL")
def login(relay: str) -> None:
    """Save a relay's address and your token for `launch(share=True)`.

    The token is asked for, or read from standard input: never an argument, because every user of
    a computer can read the arguments of its programs.
    """
    from doorstep_client.settings import parse_relay, write_login

    try:
        url = parse_relay(relay).url
        path = write_login(url, _read_token())
    except (DoorstepError, OSError) as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"Saved for {url} in {path}.")


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
def share(port: int, relay: str | None, name: str | None, expires_in: float | None) -> None:
    """Give the server on PORT of this computer a public link, until Ctrl-C."""
    from doorstep_client.link import share as open_link

    try:
        link = open_link(port, relay=relay, name=name, expires_in=expires_in, on_event=click.echo)
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
