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
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, fields
from typing import Any, Final, TypeVar

import click

from doorstep_relay import __version__
from doorstep_relay.cli_options import setting_options
from doorstep_relay.cli_output import print_json, print_table
from doorstep_relay.config import Settings, make_data_directory, read_settings, source, with_secret
from doorstep_relay.domain.times import duration_text, parse_duration, relative_text
from doorstep_relay.errors import ConfigError, NotFoundError, RelayError, SchemaError

T = TypeVar("T")

_DATABASE_SETTINGS: Final = ("data", "database")


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
_database_options = setting_options(*_DATABASE_SETTINGS)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="doorstep-relay", message="%(prog)s %(version)s")
def group() -> None:
    """Run a Doorstep relay, and manage its tokens and shares.

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
    from doorstep_relay.store.lock import only_relay_of

    with (
        only_relay_of(settings.database_file),
        closing(bind(*settings.listen)) as sock,  # who comes from now on waits, and is not refused
        _uncollected(),
    ):
        from doorstep_relay import server

        asyncio.run(_ready(settings))
        server.run(settings, sock)


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
    if not settings.open and not await _use(settings, lambda services: services.tokens.any_usable()):
        raise NotFoundError(
            "nobody could open a share: there is no usable token. Make one, then start again:\n"
            f"  {_command(settings, 'token', 'create', 'NAME')}\n"
            "or let everybody on this network in, without a token:\n"
            f"  {_command(settings, 'serve', '--open')}"
        )


def _command(settings: Settings, *words: str) -> str:
    """A command line on the same data. A database URL is left to the environment: it may have a password."""
    given = [] if settings.data == Settings().data else ["--data", str(settings.data)]
    return shlex.join(["doorstep-relay", *words, *given])


# -- token ---------------------------------------------------------------------------------------


@group.group()
def token() -> None:
    """Make, list and revoke tokens: what clients show to open shares."""


@token.command("create")
@click.argument("name")
@click.option("--expires", metavar="TIME", help="How long it is valid: 12h, 30d. Without it: until revoked.")
@_database_options
def token_create(name: str, expires: str | None, **flags: Any) -> None:
    """Make a token for the account NAME and print it, alone, on stdout."""
    settings = read_settings(flags)
    lifetime = None if expires is None else _duration("--expires", expires)
    make_data_directory(settings)
    made = _run(settings, lambda services: services.tokens.create(name, expires_in=lifetime), create=True)
    click.echo(made.raw)
    until = "until revoked" if lifetime is None else f"for {duration_text(lifetime)}"
    click.echo(f"This is token {made.facts.key} of {name}, valid {until}. It is not shown again.", err=True)


@token.command("list")
@click.option("--json", "as_json", is_flag=True, help="For programs. Times are unix seconds.")
@_database_options
def token_list(as_json: bool, **flags: Any) -> None:
    """List the tokens. Their secrets are not stored, so they cannot be shown."""
    found = _run(read_settings(flags), lambda services: services.tokens.list())
    now = time.time()
    if as_json:
        print_json({**asdict(one), "usable": one.usable(now)} for one in found)
        return
    print_table(
        ("ID", "ACCOUNT", "STATE", "EXPIRES", "LAST USED", "CREATED"),
        (
            (
                one.key,
                one.account,
                "usable" if one.usable(now) else "revoked" if one.revoked_at else "expired",
                relative_text(one.expires_at, now),
                relative_text(one.last_used_at, now),
                relative_text(one.created_at, now),
            )
            for one in found
        ),
        nothing="There are no tokens yet; `doorstep-relay token create NAME` makes one.",
    )


@token.command("revoke")
@click.argument("id_or_name")
@_database_options
def token_revoke(id_or_name: str, **flags: Any) -> None:
    """Revoke the token with this id, or every token of the account of this name."""
    changes = _run(read_settings(flags), lambda services: services.tokens.revoke(id_or_name))
    click.echo(f"Revoked {len(changes)} {'token' if len(changes) == 1 else 'tokens'}.", err=True)


# -- share ---------------------------------------------------------------------------------------


@group.group()
def share() -> None:
    """List, revoke and release shares."""


@share.command("list")
@click.option("--all", "ended", is_flag=True, help="Also those that are over.")
@click.option("--json", "as_json", is_flag=True, help="For programs. Times are unix seconds.")
@_database_options
def share_list(ended: bool, as_json: bool, **flags: Any) -> None:
    """List the shares that hold a name now."""
    found = _run(read_settings(flags), lambda services: services.shares.list(ended=ended))
    if as_json:
        print_json(asdict(one) for one in found)
        return
    now = time.time()
    print_table(
        ("NAME", "STATE", "OWNER", "CREATED", "EXPIRES", "REASON"),
        (
            (
                one.name,
                one.state,
                one.owner or "nobody",
                relative_text(one.created_at, now),
                "ended " + relative_text(one.ended_at, now)
                if one.ended_at
                else relative_text(one.expires_at, now),
                one.reason,
            )
            for one in found
        ),
        nothing="There are no shares now.",
    )


@share.command("revoke")
@click.argument("name")
@click.option("--reason", default="", help="What visitors and the share's owner read.")
@_database_options
def share_revoke(name: str, reason: str, **flags: Any) -> None:
    """End a share now. Its name is given to nobody until it is released."""
    from doorstep_relay.control.actors import OPERATOR

    _run(read_settings(flags), lambda services: services.shares.revoke(name, actor=OPERATOR, reason=reason))
    click.echo(f"Revoked {name}. `doorstep-relay share release {name}` gives the name free again.", err=True)


@share.command("release")
@click.argument("name")
@_database_options
def share_release(name: str, **flags: Any) -> None:
    """Give a revoked name, or one that is kept for its last owner, free for everybody."""
    from doorstep_relay.control.actors import OPERATOR

    _run(read_settings(flags), lambda services: services.shares.release(name, actor=OPERATOR))
    click.echo(f"Released {name}.", err=True)


# -- db ------------------------------------------------------------------------------------------


@group.group()
def db() -> None:
    """Look after the database."""


@db.command("upgrade")
@_database_options
def db_upgrade(**flags: Any) -> None:
    """Bring the database to this version's schema."""
    from doorstep_relay.store.schema import upgrade

    settings = read_settings(flags)
    make_data_directory(settings)
    asyncio.run(upgrade(settings))
    click.echo("The database is up to date.", err=True)


# ------------------------------------------------------------------------------------------------


class _Services:
    """What commands work with."""

    def __init__(self, settings: Settings) -> None:
        from doorstep_relay.control.shares import Shares
        from doorstep_relay.control.tokens import Tokens
        from doorstep_relay.store.database import Database

        self.database = Database.open(settings)
        self.shares = Shares(self.database, time.time, settings)
        self.tokens = Tokens(self.database, time.time)


def _run(settings: Settings, action: Callable[[_Services], Awaitable[T]], *, create: bool = False) -> T:
    """Check the schema, then act. Only `create` makes a database where there is none."""

    async def run() -> T:
        from doorstep_relay.store.schema import ensure_schema

        if not create and not _is_there(settings):
            raise NotFoundError(
                f"there is no relay's data in {str(settings.data)!r}; name its directory with --data"
            )
        await ensure_schema(settings, starting=False)
        return await _use(settings, action)

    return asyncio.run(run())


def _is_there(settings: Settings) -> bool:
    return settings.database is not None or (settings.data / "relay.db").exists()


async def _use(settings: Settings, action: Callable[[_Services], Awaitable[T]]) -> T:
    from sqlalchemy.exc import DBAPIError

    services = _Services(settings)
    try:
        return await action(services)
    except DBAPIError as error:
        raise SchemaError(f"the database cannot be used: {error.orig}") from error
    finally:
        await services.database.close()


def _duration(where: str, text: str) -> float:
    try:
        return parse_duration(text)
    except ValueError as error:
        raise ConfigError(f"{where}: {text!r} cannot be used: {error}") from None
