"""The relay's REST API, for commands: one request, its answer as a dictionary, refusals as exceptions.

Plain urllib, so nothing more has to be installed: it honours the environment's proxies, and certificates are
verified as for sessions. Redirects are not followed: a token goes to the relay that it is for.
"""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from http.client import HTTPException
from typing import Any, Final

from doorstep_client.dial import explain
from doorstep_client.errors import DoorstepError, RefusedError, UnreachableError
from doorstep_client.settings import RelaySettings
from doorstep_client.wire import readable

DEADLINE: Final = 15.0
_MOST_BYTES: Final = 16 * 1024 * 1024
_BAD_TOKEN: Final = "bad-token"  # noqa: S105  # the code of a refusal


def call(relay: RelaySettings, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    """The answer of the relay's API; empty where it has none.

    Raises `RefusedError` with the relay's code, and `UnreachableError`.
    """
    try:
        with _opener(relay).open(_request(relay, method, path, body), timeout=DEADLINE) as answer:
            return _parsed(answer.read(_MOST_BYTES)) if answer.status != 204 else {}
    except urllib.error.HTTPError as error:
        with error:
            raise _refusal(relay, error.code, error.read(_MOST_BYTES)) from None
    except urllib.error.URLError as error:
        why = (
            explain(error.reason) if isinstance(error.reason, BaseException) else readable(str(error.reason))
        )
        raise UnreachableError(f"Cannot reach the relay {relay.url}: {why}") from error
    except (OSError, HTTPException) as error:
        raise UnreachableError(f"Cannot reach the relay {relay.url}: {explain(error)}") from error
    except ValueError as error:
        raise _no_relay(relay) from error


class _Here(urllib.request.HTTPRedirectHandler):
    """Goes nowhere else."""

    def redirect_request(self, *_: Any) -> None:
        return None


def _opener(relay: RelaySettings) -> urllib.request.OpenerDirector:
    if not relay.tls:
        return urllib.request.build_opener(_Here)
    from doorstep_client.tls import tls_context

    return urllib.request.build_opener(_Here, urllib.request.HTTPSHandler(context=tls_context()))


def _request(
    relay: RelaySettings, method: str, path: str, body: dict[str, Any] | None
) -> urllib.request.Request:
    headers = {"Accept": "application/json", "User-Agent": "doorstep"}
    if relay.token is not None:
        headers["Authorization"] = f"Bearer {relay.token}"
    data = None
    if body is not None:
        data = json.dumps(body).encode()
        headers["Content-Type"] = "application/json"
    return urllib.request.Request(relay.url + path, data, headers, method=method)  # noqa: S310  # http or https


def _parsed(data: bytes) -> dict[str, Any]:
    found = json.loads(data)
    if not isinstance(found, dict):
        raise ValueError("no JSON object")  # noqa: TRY004  # as what is no JSON at all
    return found


def _refusal(relay: RelaySettings, status: int, data: bytes) -> DoorstepError:
    try:
        problem = _parsed(data)
        code, detail = readable(str(problem["code"])), readable(str(problem["detail"]))
    except (ValueError, KeyError):
        return _no_relay(relay, status)
    text = relay.refused(detail) if code == _BAD_TOKEN else detail
    return RefusedError(code, text[:1].upper() + text[1:])


def _no_relay(relay: RelaySettings, status: int = 200) -> UnreachableError:
    return UnreachableError(
        f"The address {relay.url} does not answer as a Doorstep relay does (HTTP status {status}); "
        "is the address right?"
    )
