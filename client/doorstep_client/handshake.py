"""Opens a session's WebSocket, or says in plain words why that cannot be done.

The proxy is chosen as for tunnel connections (`dial.proxy_for`), so that both go the same way; no
`.netrc` is read, and no redirect followed, because both could change to whom the token is shown.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from contextlib import suppress
from typing import Any, Final

import aiohttp

from doorstep_client import wire
from doorstep_client.dial import Address, Proxy, explain, proxy_for, tls_context
from doorstep_client.errors import DoorstepError, RefusedError, UnreachableError, WireError
from doorstep_client.settings import RelaySettings

HANDSHAKE_DEADLINE: Final = 15.0
CLOSE_DEADLINE: Final = 3.0
CHECK_DEADLINE: Final = 10.0


def new_http() -> aiohttp.ClientSession:
    """What sessions are opened with; to be closed after the last one."""
    watch = aiohttp.TraceConfig()
    watch.on_request_redirect.append(_refuse_redirect)
    return aiohttp.ClientSession(trace_configs=[watch], cookie_jar=aiohttp.DummyCookieJar())


async def connect(http: aiohttp.ClientSession, relay: RelaySettings) -> aiohttp.ClientWebSocketResponse:
    """The WebSocket of a new session. Raises `UnreachableError`, whatever went wrong."""
    try:
        async with asyncio.timeout(HANDSHAKE_DEADLINE):
            return await _connect(http, relay)
    except DoorstepError:
        raise
    except aiohttp.WSServerHandshakeError as error:
        raise UnreachableError(
            f"The address {relay.url} does not answer as a Doorstep relay does (HTTP status {error.status}); "
            "is the address right?"
        ) from error
    except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
        raise UnreachableError(f"Cannot reach the relay {relay.url}: {explain(error)}") from error


async def check(relay: RelaySettings) -> None:
    """Begin a session and leave again, to learn whether the relay is one and takes the token.

    Raises `RefusedError`, `UnreachableError` and `WireError`.
    """
    try:
        async with asyncio.timeout(CHECK_DEADLINE), new_http() as http:
            socket = await connect(http, relay)
            try:
                await welcomed(socket, relay)
            finally:
                with suppress(OSError, TimeoutError):
                    await asyncio.wait_for(socket.close(), CLOSE_DEADLINE)
    except (OSError, TimeoutError) as error:
        raise unreachable(relay, error) from error


async def welcomed(socket: aiohttp.ClientWebSocketResponse, relay: RelaySettings) -> wire.Welcome:
    """The first message of a session. Raises what the relay said instead."""
    message = await receive(socket)
    if isinstance(message, wire.Error):
        raise refusal(message, relay)
    if not isinstance(message, wire.Welcome):
        raise WireError(f"The relay began with {type(message).__name__}, not with Welcome")
    return message


async def receive(socket: aiohttp.ClientWebSocketResponse) -> wire.FromRelay:
    """The next message. Raises `ConnectionError` at the end of the session."""
    message = await socket.receive()
    if message.type in (aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.BINARY):
        return wire.decode_from_relay(message.data)
    raise ConnectionError(f"the relay ended the session ({socket.close_code or 'connection lost'})")


def refusal(error: wire.Error, relay: RelaySettings) -> DoorstepError:
    """What the relay refused, in a sentence. One that is not fatal is a relay that cannot just now."""
    text = wire.readable(error.message)
    if error.code == "bad-token":
        text = relay.refused(text)
    text = text[:1].upper() + text[1:]
    return RefusedError(wire.readable(error.code), text) if error.fatal else UnreachableError(text)


def unreachable(relay: RelaySettings, error: Exception) -> UnreachableError:
    """The sentence for a connection that failed before the relay had said anything."""
    why = "no answer in time" if isinstance(error, TimeoutError) else str(error) or type(error).__name__
    return UnreachableError(f"Cannot reach the relay {relay.url}: {why}")


def _connect(http: aiohttp.ClientSession, relay: RelaySettings) -> Awaitable[aiohttp.ClientWebSocketResponse]:
    return http.ws_connect(
        relay.url + wire.SESSION_PATH,
        headers={"Authorization": f"Bearer {relay.token}"} if relay.token else {},
        protocols=(wire.SUBPROTOCOL,),
        max_msg_size=wire.MAX_MESSAGE,
        ssl=tls_context() if relay.tls else True,
        **_proxied(proxy_for(Address(relay.host, relay.port, relay.host if relay.tls else None))),
    )


def _proxied(proxy: Proxy | None) -> dict[str, Any]:
    if proxy is None:
        return {}
    headers = {"Proxy-Authorization": proxy.credentials} if proxy.credentials else {}
    return {"proxy": f"http://{proxy.authority}", "proxy_headers": headers}


async def _refuse_redirect(
    _http: aiohttp.ClientSession, _context: object, params: aiohttp.TraceRequestRedirectParams
) -> None:
    target = wire.readable(params.response.headers.get("Location", "nowhere"))
    raise UnreachableError(
        f"The address {params.url.origin()} is not the relay itself, it redirects to {target}; "
        "give that address instead"
    )
