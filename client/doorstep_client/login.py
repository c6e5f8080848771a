"""How this computer gets a token: somebody says yes in a browser (RFC 8628), or an invitation is used."""

from __future__ import annotations

import platform
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from doorstep_client.errors import RefusedError, UnreachableError, WireError
from doorstep_client.rest import call
from doorstep_client.settings import RelaySettings
from doorstep_client.wire import readable

_PENDING: Final = "authorization-pending"
_SLOW_DOWN: Final = "slow-down"
_SLOWER_BY: Final = 5.0
"""Seconds more between two questions, when the relay wants fewer (RFC 8628 3.5)."""
_LONGEST: Final = 3600.0


@dataclass(frozen=True, slots=True)
class Login:
    """A login that waits for somebody's yes."""

    user_code: str
    page: str
    """Where to say it; the code is filled in."""
    lasts: float
    interval: float
    device_code: str = field(repr=False)


def begin(relay: RelaySettings, *, admin: bool = False) -> Login:
    """Ask for a login; with `admin` for an admin's rights, too.

    Raises `RefusedError`, `UnreachableError` and `WireError`.
    """
    asked: dict[str, Any] = {"client": client_name()}
    if admin:  # older relays know no such field
        asked["admin"] = True
    answer = call(relay, "POST", "/api/v1/device", asked)
    try:
        return Login(
            user_code=readable(str(answer["user_code"]), 32),
            page=_page(str(answer["verification_uri_complete"])),
            lasts=min(float(answer["expires_in"]), _LONGEST),
            interval=min(max(float(answer["interval"]), 0.5), 60.0),
            device_code=str(answer["device_code"]),
        )
    except (KeyError, ValueError) as error:
        raise WireError(f"The relay {relay.url} did not say how to log in") from error


def wait(relay: RelaySettings, login: Login, sleep: Callable[[float], None] = time.sleep) -> str:
    """The token, once somebody has said yes. A relay that is away for a moment is asked again.

    Raises `RefusedError` when somebody says no, or nobody yes in time.
    """
    interval, waited = login.interval, 0.0
    while waited < login.lasts:
        sleep(interval)
        waited += interval
        try:
            return token_in(call(relay, "POST", "/api/v1/device/token", {"device_code": login.device_code}))
        except RefusedError as refusal:
            if refusal.code == _SLOW_DOWN:
                interval += _SLOWER_BY
            elif refusal.code != _PENDING:
                raise
        except UnreachableError:
            continue
    raise RefusedError("expired-token", "Nobody said yes in time; run `doorstep login` again")


def redeem(relay: RelaySettings, code: str) -> str:
    """The token that an invitation is good for. Raises `RefusedError`, also when it is used already."""
    body = {"code": code.strip(), "label": client_name()}
    return token_in(call(relay, "POST", "/api/v1/invitations/redeem", body))


def token_in(answer: dict[str, Any]) -> str:
    """The token of an answer. Raises `WireError` when there is none."""
    token = answer.get("token")
    if not isinstance(token, str) or not token:
        raise WireError("The relay gave no token")
    return token


def client_name() -> str:
    """What this computer calls itself, for whoever has to say yes: plain ASCII."""
    name = platform.node().encode("ascii", "replace").decode()
    return readable(name, 100) or "a computer"


def _page(url: str) -> str:
    if not url.startswith(("http://", "https://")) or not url.isascii() or not url.isprintable():
        raise ValueError("no address of a page")
    return url
