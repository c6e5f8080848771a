"""The `doorstep-relay` command.

Every command but `serve` works beside a running relay: it writes to the database, and the relay follows the
audit trail. What a program reads goes to stdout, what a person reads beside it to stderr. Exit status 1 says
that the relay or its data said no, 2 that the command line did.
"""

from __future__ import annotations

import asyncio
import gc
import shlex
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import fields
from typing import TYPE_CHECKING, Any

import click

from doorstep_relay import __version__
from doorstep_relay.cli_options import setting_options
from doorstep_relay.commands.account import account
from doorstep_relay.commands.audit import audit
from doorstep_relay.commands.backup import backup, restore
from doorstep_relay.commands.domain import domain
from doorstep_relay.commands.invite import invite
from doorstep_relay.commands.key import key
from doorstep_relay.commands.limit import limit
from doorstep_relay.commands.name import name
from doorstep_relay.commands.policy import policy
from doorstep_relay.commands.report import report
from doorstep_relay.commands.running import database_options, use
from doorstep_relay.commands.share import share
from doorstep_relay.commands.ssh import ssh
from doorstep_relay.commands.token import token
from doorstep_relay.commands.usage import settings, usage
from doorstep_relay.config import Settings, make_data_directory, read_settings, source, with_secret
from doorstep_relay.errors import ConfigError, NotFoundError, RelayError

if TYPE_CHECKING:
    from doorstep_relay.control.services import Services


def main() -> None:
    """The entry point: an error is one clear line, not a traceback."""
    try:
        group(prog_name="doorstep-relay", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(130)
    except ConfigError as error:
        _fail(error, 2)
    except RelayError as error:
        _fail(error, 1)


def _fail(error: Exception, status: int) -> None:
    click.echo(f"Error: {error}", err=True)
    sys.exit(status)


_serve_options = setting_options(*(setting.name for setting in fields(Settings) if source(setting).flag))


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="doorstep-relay", message="%(prog)s %(version)s")
def group() -> None:
    """Run a Doorstep relay, and manage its accounts, tokens and shares.

    Each setting is also read from the environment: --max-head from DOORSTEP_RELAY_MAX_HEAD.
    """


# -- serve ---------------------------------------------------------------------------------------


@group.command()
@_serve_options
def serve(**flags: Any) -> None:
    """Run the relay."""
    settings = read_settings(flags)
    make_data_directory(settings)
    settings = with_secret(settings)

    from doorstep_relay.edge.listen import bind
    from doorstep_relay.passed import passed_socket
    from doorstep_relay.store.lock import only_relay_of

    passed = passed_socket()
    with (
        only_relay_of(settings.database_file),
        closing(passed or bind(*settings.listen)) as sock,  # who comes from now on waits, and is not refused
        _uncollected(),
    ):
        from doorstep_relay import server

        asyncio.run(_ready(settings))
        server.run(settings, sock, lambda: with_secret(read_settings(flags)), is_followed=passed is not None)


@contextmanager
def _uncollected() -> Iterator[None]:
    """Without garbage collection: a start makes what stays. The server begins with it when it is up."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


async def _ready(settings: Settings) -> None:
    """The schema is right, and there is somebody who could open a share."""
    from doorstep_relay.store.schema import ensure_schema

    await ensure_schema(settings)
    if not settings.open and not await use(settings, _anybody):
        raise NotFoundError(
            "nobody could open a share: there is no usable token. Make one, then start again:\n"
            f"  {_command(settings, 'token', 'create', 'NAME')}\n"
            "or let everybody on this network in, without a token:\n"
            f"  {_command(settings, 'serve', '--open')}"
        )


async def _anybody(services: Services) -> bool:
    """Whether somebody has a token or a key, or could get one by signing in or with an invitation."""
    if services.openid is not None or await services.tokens.any_usable():
        return True
    if services.settings.ssh is not None and await services.keys.any_usable():
        return True
    return await services.invitations.any_usable()


def _command(settings: Settings, *words: str) -> str:
    """A command line on the same data. A database URL is left to the environment: it may have a password."""
    given = [] if settings.data == Settings().data else ["--data", str(settings.data)]
    return shlex.join(["doorstep-relay", *words, *given])


# -- db ------------------------------------------------------------------------------------------


@group.group()
def db() -> None:
    """Look after the database."""


@db.command("upgrade")
@database_options
def db_upgrade(**flags: Any) -> None:
    """Bring the database to this version's schema."""
    from doorstep_relay.store.schema import upgrade

    settings = read_settings(flags)
    make_data_directory(settings)
    asyncio.run(upgrade(settings))
    click.echo("The database is up to date.", err=True)


share.add_command(policy)
for _subject in (
    *(account, token, key, invite, share, name, domain, limit, usage, settings, report, audit),
    *(backup, restore, ssh),
):
    group.add_command(_subject)
