"""The relay's REST API, for commands: one request, its answer as a dictionary, refusals as exceptions.

It goes the way of sessions (`fetch`): the same proxies, certificates and pins. Redirects are not followed: a
token goes to the relay that it is for.
"""

from __future__ import annotations

import asyncio
import json
from typing import Any, Final

from doorstep_client.errors import DoorstepError, RefusedError, UnreachableError, WireError
from doorstep_client.network.dial import explain
from doorstep_client.network.fetch import Fetched, fetch
from doorstep_client.settings import RelaySettings
from doorstep_client.wire import readable

DEADLINE: Final = 15.0
_BAD_TOKEN: Final = "bad-token"  # noqa: S105  # the code of a refusal


def call(relay: RelaySettings, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    """The answer of the relay's API; empty where it has none.

    Raises `RefusedError` with the relay's code, and `UnreachableError`.
    """
    try:
        answer = asyncio.run(_ask(relay, method, path, body))
        if answer.status >= 300:
            raise _refusal(relay, answer.status, answer.body)
        return _parsed(answer.body) if answer.status != 204 else {}
    except (OSError, TimeoutError) as error:
        raise UnreachableError(f"Cannot reach the relay {relay.url}: {explain(error)}") from error
    except (WireError, ValueError) as error:
        raise _no_relay(relay) from error


async def _ask(relay: RelaySettings, method: str, path: str, body: dict[str, Any] | None) -> Fetched:
    fields = {"Accept": "application/json", "User-Agent": "doorstep"}
    if relay.token is not None:
        fields["Authorization"] = f"Bearer {relay.token}"
    data = None
    if body is not None:
        data = json.dumps(body).encode()
        fields["Content-Type"] = "application/json"
    async with asyncio.timeout(DEADLINE):
        return await fetch(relay, method, path, fields=fields, body=data)


def _parsed(data: bytes | bytearray) -> dict[str, Any]:
    found = json.loads(data)
    if not isinstance(found, dict):
        raise ValueError("no JSON object")  # noqa: TRY004  # as what is no JSON at all
    return found


def _refusal(relay: RelaySettings, status: int, data: bytes | bytearray) -> DoorstepError:
    try:
        problem = _parsed(data)
        code, detail = readable(str(problem["code"])), readable(str(problem["detail"]))
    except (ValueError, KeyError, RecursionError):
        return _no_relay(relay, status)
    text = relay.refused(detail) if code == _BAD_TOKEN else detail
    return RefusedError(code, text[:1].upper() + text[1:])


def _no_relay(relay: RelaySettings, status: int = 200) -> UnreachableError:
    return UnreachableError(
        f"The address {relay.url} does not answer as a Doorstep relay does (HTTP status {status}); "
        "is the address right?"
    )
