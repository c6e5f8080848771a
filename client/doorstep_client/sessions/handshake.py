"""Begins a session, or says in plain words why that cannot be done."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Final

from websockets.exceptions import InvalidHandshake, InvalidMessage, InvalidStatus, InvalidUpgrade

from doorstep_client import wire
from doorstep_client.errors import DoorstepError, RefusedError, UnreachableError, WireError
from doorstep_client.network.dial import address_of, explain, shown_certificate
from doorstep_client.network.options import VARIABLES
from doorstep_client.network.tls import blind_context
from doorstep_client.sessions import websocket
from doorstep_client.sessions.websocket import WebSocket
from doorstep_client.settings import RelaySettings

HANDSHAKE_DEADLINE: Final = 15.0
CLOSE_DEADLINE: Final = 3.0
WELCOME_DEADLINE: Final = 15.0
CHECK_DEADLINE: Final = 20.0
PORTAL: Final = "A captive portal or proxy answers instead of the relay: sign in to the network"
_SIGN_IN_FIRST: Final = 511
"""Network Authentication Required (RFC 6585 6)."""
_UNKNOWN_ISSUER: Final = frozenset({18, 19, 20, 21})
"""OpenSSL's codes for a certificate whose authority is not known, or which is its own."""
_OTHER_NAME: Final = frozenset({62, 64})
"""OpenSSL's codes for a certificate of another host name, or of another address."""


async def connect(relay: RelaySettings) -> WebSocket:
    """The WebSocket of a new session. Raises `UnreachableError`, whatever went wrong."""
    try:
        async with asyncio.timeout(HANDSHAKE_DEADLINE):
            return await websocket.connect(relay)
    except DoorstepError:
        raise
    except InvalidStatus as error:
        raise UnreachableError(_no_relay(relay, error)) from error
    except (InvalidHandshake, OSError, TimeoutError, ValueError) as error:
        more = await _about_issuer(relay) if is_unknown_issuer(error) else ""
        raise UnreachableError(f"Cannot reach the relay {relay.url}: {_why(relay, error)}{more}") from error


def is_unknown_issuer(error: BaseException) -> bool:
    """Whether a certificate is of an authority that this computer does not know."""
    return getattr(error, "verify_code", None) in _UNKNOWN_ISSUER


def is_of_another(error: BaseException) -> bool:
    """Whether a certificate is a good one, of another host."""
    return getattr(error, "verify_code", None) in _OTHER_NAME


def is_portal_status(status: int) -> bool:
    """Whether networks that want people to sign in first answer so, where a relay would refuse."""
    return 200 <= status < 400 or status == _SIGN_IN_FIRST


async def _about_issuer(relay: RelaySettings) -> str:
    """Whose certificate it is: a proxy that reads along has one of its own, and its CA can be trusted."""
    issuer = "an authority"
    with suppress(OSError, TimeoutError, ValueError, DoorstepError):
        seen = await shown_certificate(address_of(relay), blind_context())
        issuer = repr(wire.readable(seen.issuer, 100))
    return f". {about_issuer(issuer)}"


def about_issuer(issuer: str) -> str:
    """What to do about a certificate of an authority that is not known here."""
    return (
        f"It was issued by {issuer}, which this computer does not know. If your network reads encrypted "
        "traffic on its way, or the relay has an authority of its own, get its certificate and name it: "
        f"ca=FILE, {VARIABLES['ca']}, or `doorstep login --ca FILE`"
    )


def _why(relay: RelaySettings, error: Exception) -> str:
    if is_of_another(error):
        return f"its certificate is not to be trusted: it is not valid for {relay.host!r}"
    return explain(error)


def _no_relay(relay: RelaySettings, error: InvalidStatus) -> str:
    """The sentence for an answer in HTTP that agrees to nothing."""
    status = error.response.status_code
    where = error.response.headers.get("Location")
    if 300 <= status < 400 and where is not None:
        return (
            f"The address {relay.url} is not the relay itself, it redirects to {wire.readable(where)}; "
            "give that address instead"
        )
    if "Doorstep-Error" in error.response.headers:
        return (
            f"The relay {relay.url} answers, but a proxy in between lets no WebSocket through: it takes "
            f"Upgrade out of the request. Its operator has to allow WebSockets to {relay.authority}"
        )
    return (
        f"The address {relay.url} does not answer as a Doorstep relay does (HTTP status {status}); "
        "is the address right? `doorstep doctor` tells what is in the way"
    )


def is_portal(error: Exception) -> bool:
    """Whether somebody else answered: as networks do that want people to sign in first.

    A gateway in front of a relay that is away answers in HTTP, too, but it says so (502, 503, 504).
    """
    cause = error.__cause__
    if isinstance(cause, InvalidStatus):
        return is_portal_status(cause.response.status_code)
    return isinstance(cause, InvalidMessage | InvalidUpgrade) or (cause is not None and is_of_another(cause))


async def check(relay: RelaySettings) -> None:
    """Begin a session and leave again, to learn whether the relay is one and takes the token.

    Raises `RefusedError`, `UnreachableError` and `WireError`.
    """
    try:
        async with asyncio.timeout(CHECK_DEADLINE):
            socket = await connect(relay)
            try:
                await welcomed(socket, relay)
            finally:
                with suppress(OSError, TimeoutError):
                    async with asyncio.timeout(CLOSE_DEADLINE):
                        await socket.close()
    except (OSError, TimeoutError) as error:
        raise unreachable(relay, error) from error


async def welcomed(socket: WebSocket, relay: RelaySettings) -> wire.Welcome:
    """The first message of a session. Raises what the relay said instead, or that nothing came through."""
    try:
        async with asyncio.timeout(WELCOME_DEADLINE):
            message = await receive(socket)
    except (ConnectionError, TimeoutError) as error:
        if isinstance(error, ConnectionError) and not socket.was_cut:
            raise  # the relay said goodbye
        socket.abort()
        raise UnreachableError(_mute(relay, error)) from error
    if isinstance(message, wire.Error):
        raise refusal(message, relay)
    if not isinstance(message, wire.Welcome):
        raise WireError(f"The relay began with {type(message).__name__}, not with Welcome")
    return message


def _mute(relay: RelaySettings, error: Exception) -> str:
    """The sentence for a WebSocket that was agreed to, and on which the relay was never heard."""
    late = isinstance(error, TimeoutError)
    what = f"nothing came through it within {WELCOME_DEADLINE:.0f} s" if late else "it was cut at once"
    more = "" if relay.tls else "; what has TLS (https://) it could not look into"
    return (
        f"The WebSocket to the relay {relay.url} was agreed to, and {what}: a proxy or firewall in between "
        f"lets the upgrade through and nothing after it (or the relay stops just now). Its operator has to "
        f"allow WebSockets to {relay.authority}{more}"
    )


async def receive(socket: WebSocket) -> wire.FromRelay:
    """The next message. Raises `ConnectionError` at the end of the session."""
    return wire.decode_from_relay(await socket.receive())


def refusal(error: wire.Error, relay: RelaySettings) -> DoorstepError:
    """What the relay refused, in a sentence. One that is not fatal is a relay that cannot just now."""
    text = wire.readable(error.message)
    if error.code == "bad-token":
        text = relay.refused(text)
    text = text[:1].upper() + text[1:]
    if error.fatal:
        return RefusedError(wire.readable(error.code), text)
    return UnreachableError(text, retry_after=error.retry_after or 0.0)


def unreachable(relay: RelaySettings, error: Exception) -> UnreachableError:
    """The sentence for a connection that failed before the relay had said anything."""
    nameless = "no answer in time" if isinstance(error, TimeoutError) else type(error).__name__
    why = str(error) or nameless
    return UnreachableError(f"Cannot reach the relay {relay.url}: {why}")
