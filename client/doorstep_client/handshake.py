"""Opens a session's WebSocket, or says in plain words why that cannot be done.

The proxy is chosen as for tunnel connections (`dial.proxy_for`), so that both go the same way; no
`.netrc` is read, and no redirect followed, because both could change to whom the token is shown.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Any, Final

import aiohttp

from doorstep_client import wire
from doorstep_client.dial import Address, Proxy, explain, proxy_for, tls_context
from doorstep_client.errors import DoorstepError, UnreachableError
from doorstep_client.settings import RelaySettings

HANDSHAKE_DEADLINE: Final = 15.0


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
            f"{relay.url} does not answer as a Doorstep relay does (HTTP status {error.status}); "
            "is the address right?"
        ) from error
    except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
        raise UnreachableError(f"cannot reach the relay {relay.url}: {explain(error)}") from error


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
        f"{params.url.origin()} is not the relay itself, it redirects to {target}; give that address instead"
    )
