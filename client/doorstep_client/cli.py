"""The `doorstep` command."""

from __future__ import annotations

import sys

import click

from doorstep_client.commands.doctor import doctor
from doorstep_client.commands.inspect import inspect
from doorstep_client.commands.keys import keys
from doorstep_client.commands.links import extend, links, pause, resume, revoke
from doorstep_client.commands.login import login, logout, whoami
from doorstep_client.commands.policy import policy
from doorstep_client.commands.share import share


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


for _command in (share, login, logout, whoami, doctor, keys, policy, inspect):
    main.add_command(_command)
for _command in (links, extend, pause, resume, revoke):
    main.add_command(_command)


if __name__ == "__main__":
    main()
