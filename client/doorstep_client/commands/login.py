"""`doorstep login`, `logout` and `whoami`: which relay this computer uses, and as whom."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from doorstep_client.commands.asking import relay_option
from doorstep_client.commands.network_options import network_options
from doorstep_client.errors import (
    DoorstepError,
    NoRelayError,
    RefusedError,
    UnreachableError,
    UsageError,
    WireError,
)

if TYPE_CHECKING:
    from doorstep_client.settings import RelaySettings


@click.command()
@click.argument("relay", metavar="[URL]", required=False)
@click.option("--code", metavar="INVITATION", help="Use an invitation, without a browser; - reads it.")
@click.option("--with-token", is_flag=True, help="Ask for a token that you have, without a browser.")
@click.option("--no-browser", is_flag=True, help="Only show the address of the page, and open none.")
@click.option("--admin", is_flag=True, help="Ask for an admin's rights, too, which only an admin can give.")
@click.option("--no-check", is_flag=True, help="Save without asking the relay whether it takes the token.")
@network_options
@click.option("--pin-now", is_flag=True, help="Pin the public key that the relay has now.")
def login(
    relay: str | None,
    *,
    code: str | None,
    with_token: bool,
    no_browser: bool,
    admin: bool,
    no_check: bool,
    pin_now: bool,
    **network: str | None,
) -> None:
    """Log this computer in to a relay, for `launch(share=True)`.

    Shows a code, and a page of the relay where you or a colleague say yes to it. A token of your own is
    read from standard input: never an argument, because every user of a computer can read the arguments of
    its programs. Without a URL it is the relay of DOORSTEP_RELAY, or of the last time.
    """
    from doorstep_client.settings import write_login

    try:
        settings = _pinned(_relay(relay, network), now=pin_now)
        if code is not None:
            token: str | None = _redeem(settings, code)
        else:
            token = _typed(settings, ask=with_token or no_check, check=not no_check)
            if token is None:
                token = _by_browser(settings, browser=not no_browser, admin=admin)
        path = write_login(settings.url, token or None, network=settings.network)
    except (DoorstepError, OSError) as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"Saved for {settings.url} in {path}.")


@click.command()
def logout() -> None:
    """Revoke the token that `doorstep login` saved, and forget it."""
    from doorstep_client.settings import forget_login, read_login, saved_relay, with_token

    try:
        saved = read_login()
        if not saved.get("relay"):
            raise click.ClickException("This computer is not logged in to any relay.")
        settings = saved_relay(saved)
        if token := saved.get("token"):
            _revoke(with_token(settings, token, "the file"), token)
        forget_login()
    except (DoorstepError, OSError) as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"Logged out of {settings.url}.")


@click.command()
@relay_option
@click.option("--json", "as_json", is_flag=True, help="For programs. Times are unix seconds.")
def whoami(relay: str | None, as_json: bool) -> None:
    """Say which relay this computer uses, as whom, and what its token may do."""
    from doorstep_client.rest import call
    from doorstep_client.settings import find_relay

    try:
        settings = find_relay(relay)
        found = call(settings, "GET", "/api/v1/whoami")
    except DoorstepError as error:
        raise click.ClickException(str(error)) from error
    if as_json:
        click.echo(json.dumps({"relay": settings.url, **found}, indent=2))
        return
    for line in _described(settings.url, found):
        click.echo(line)


# ------------------------------------------------------------------------------------------------


def _relay(relay: str | None, network: Mapping[str, object]) -> RelaySettings:
    """The relay to log in to, without any token."""
    from doorstep_client.network.options import find_network
    from doorstep_client.settings import RELAY_VARIABLE, parse_relay, read_login

    address = relay if relay is not None else os.environ.get(RELAY_VARIABLE) or read_login().get("relay")
    if address is None:
        raise NoRelayError("Which relay? Give its address: doorstep login https://share.example.org")
    return replace(parse_relay(address), network=find_network(network))


def _pinned(settings: RelaySettings, *, now: bool) -> RelaySettings:
    """With the key that the relay has, if that is asked for. Its certificate has to be a good one."""
    from doorstep_client.network.dial import address_of, explain, shown_certificate
    from doorstep_client.network.options import make_pin

    if not now:
        return settings
    if not settings.tls:
        raise UsageError(f"The relay {settings.url} speaks no TLS: it has no key to pin")
    try:
        seen = asyncio.run(shown_certificate(address_of(settings)))
    except (OSError, TimeoutError) as error:
        raise UnreachableError(f"Cannot reach the relay {settings.url}: {explain(error)}") from error
    pin = make_pin(seen.key)
    click.echo(f"Pinned {pin}.")
    return replace(settings, network=replace(settings.network, pin=pin))


def _redeem(settings: RelaySettings, code: str) -> str:
    from doorstep_client.login import redeem

    return redeem(settings, sys.stdin.readline() if code == "-" else code)


def _typed(settings: RelaySettings, *, ask: bool, check: bool) -> str | None:
    """A token that is typed or piped in, empty for none; None when nothing was to be."""
    from doorstep_client.settings import with_token

    typed = _read_token(ask=ask)
    if typed is not None and check:
        _check(with_token(settings, typed, "") if typed else settings)
    return typed


def _read_token(*, ask: bool) -> str | None:
    """What was typed or piped in; None when nothing was to be, and a browser is asked instead."""
    if not sys.stdin.isatty():
        line = sys.stdin.readline()
        return line.strip() if line or ask else None
    if not ask:
        return None
    prompt = "Token (empty for an open relay)"
    return str(click.prompt(prompt, hide_input=True, default="", show_default=False)).strip()


def _by_browser(settings: RelaySettings, *, browser: bool, admin: bool) -> str | None:
    """The token of a device login; None for a relay that is open to all."""
    from doorstep_client.login import begin, wait

    if _is_open(settings):
        click.echo(f"The relay {settings.url} is open to all, no token is needed.")
        return None
    login = begin(settings, admin=admin)
    click.echo(f"Open this page, and say yes if it shows the code {login.user_code}:\n\n  {login.page}\n")
    if browser and _has_display():
        import webbrowser

        webbrowser.open(login.page)
    click.echo("Waiting for your yes … (Ctrl-C ends this)", err=True)
    token = wait(settings, login)
    click.echo("You are logged in.")
    return token


def _is_open(settings: RelaySettings) -> bool:
    from doorstep_client.sessions.handshake import check

    try:
        asyncio.run(check(settings))
    except RefusedError as error:
        if error.code == "bad-token":
            return False
        raise
    return True


def _has_display() -> bool:
    """Whether a browser could be seen by who types here."""
    if "SSH_CONNECTION" in os.environ:
        return False
    graphical = "DISPLAY" in os.environ or "WAYLAND_DISPLAY" in os.environ
    return graphical or sys.platform in ("win32", "darwin")


def _check(settings: RelaySettings) -> None:
    """Say what the relay thinks of the token. A relay that is not there may be later."""
    from doorstep_client.sessions.handshake import check

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


def _revoke(settings: RelaySettings, token: str) -> None:
    """Make the token worthless, if the relay can be told. One that is so already is no reason to complain."""
    from doorstep_client.rest import call

    key = token.removeprefix("dst_")[:8]
    try:
        call(settings, "DELETE", f"/api/v1/tokens/{key}")
    except RefusedError:
        pass
    except DoorstepError as error:
        click.echo(
            f"Warning: {_sentence(error)} The token is forgotten here, and still valid there.", err=True
        )


def _sentence(error: DoorstepError) -> str:
    return f"{str(error).rstrip('.')}."


def _described(url: str, found: dict[str, Any]) -> list[str]:
    ends = found.get("expires_at")
    until = time.strftime("%Y-%m-%d %H:%M", time.localtime(float(ends))) if ends else "revoked"
    names = _words(found.get("names") or ["any name"])
    return [
        f"{_words([found.get('account')])} ({_words([found.get('role')])}) at {url}",
        f"Token {_words([found.get('key')])}: {_words(found.get('scopes'))}; for {names}; until {until}.",
    ]


def _words(values: Any) -> str:
    """What the relay says, without signs that steer a terminal."""
    from doorstep_client.wire import readable

    return readable(", ".join(map(str, values or [])))
