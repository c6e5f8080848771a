"""The `doorstep` command."""

from __future__ import annotations

import sys
from typing import Any

import click

from doorstep_client.commands.inspect import inspect
from doorstep_client.commands.links import extend, links, pause, resume, revoke
from doorstep_client.commands.login import login, logout, whoami
from doorstep_client.commands.policy import policy
from doorstep_client.errors import DoorstepError
from doorstep_client.policy_options import policy_options, read_options


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
@click.argument("port", type=click.IntRange(1, 65535))
@click.option(
    "--relay", help="The relay's address; by default DOORSTEP_RELAY or what `doorstep login` saved."
)
@click.option("--name", help="The link's name; a random one by default.")
@click.option("--expires-in", type=float, metavar="SECONDS", help="End the link after so many seconds.")
@click.option("--readable", is_flag=True, help="A random name that is easy to say, and can be guessed.")
@click.option("--balance", is_flag=True, help="Share the name with others who open it so, side by side.")
@click.option("--inspect", "inspected", is_flag=True, help="Show the requests on a page of this computer.")
@policy_options
def share(
    port: int,
    relay: str | None,
    name: str | None,
    expires_in: float | None,
    readable: bool,
    balance: bool,
    inspected: bool,
    **flags: Any,
) -> None:
    """Give the server on PORT of this computer a public link, until Ctrl-C."""
    from doorstep_client.link import share as open_link

    asked = read_options(flags) or None
    try:
        link = open_link(
            port,
            relay=relay,
            name=name,
            expires_in=expires_in,
            naming="readable" if readable else "random",
            balance=balance,
            policy=asked,
            on_event=click.echo,
            inspect=inspected or None,
        )
    except DoorstepError as error:
        raise click.ClickException(str(error)) from error
    click.echo(link.visit_url)
    if link.inspect_url:
        click.echo(f"Its requests, for you: {link.inspect_url}", err=True)
    try:
        link.wait()
    except KeyboardInterrupt:
        link.close()
    if link.error is not None:
        sys.exit(1)


for _command in (login, logout, whoami, policy, links, extend, pause, resume, revoke, inspect):
    main.add_command(_command)


if __name__ == "__main__":
    main()
