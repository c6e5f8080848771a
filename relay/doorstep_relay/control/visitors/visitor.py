"""Who asks for one of the relay's pages: whose host it is on, and what the edge says of the visitor.

The fields read here are the edge's own: it takes out what visitors send under these names.
"""

from __future__ import annotations

import hmac
import secrets
import time
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl, urlsplit

from fastapi import Request, Response
from fastapi.responses import RedirectResponse

from doorstep_relay.domain.gate import Gate
from doorstep_relay.domain.landing import safe_next
from doorstep_relay.domain.passes import COOKIE, FORM_COOKIE, Pass, PassKey, set_cookie
from doorstep_relay.edge import rendering
from doorstep_relay.switchboard.local import Switchboard

_LONGEST_FORM: Final = 16 * 1024
_FORM_TYPE: Final = "application/x-www-form-urlencoded"
_FORM_LIFETIME: Final = 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """Somebody at a page of the relay's. `share` is empty at the relay's own host."""

    share: str
    gate: Gate | None
    host: str
    address: str
    secure: bool
    passes: tuple[bytes, ...]
    nonce: str
    """The form cookie; a new one where there was none."""
    token: str
    """What the forms of this browser carry."""
    following: str
    """Where to go on to."""

    def shown(self) -> Pass:
        """What the visitor has shown so far."""
        if self.gate is None:
            return Pass(0.0)
        return self.gate.read_pass(self.passes, time.time())

    def go_on(self, given: Pass | None = None, to: str | None = None) -> Response:
        """Send the browser on, with a pass when it was given one."""
        answer = RedirectResponse(to or self.following, 303, {"X-Robots-Tag": "noindex"})
        if given is not None and self.gate is not None:
            answer.headers.append("Set-Cookie", self.gate.cookie(given, secure=self.secure))
        return answer

    def with_nonce(self, answer: Response) -> Response:
        """An answer whose form this browser may send."""
        cookie = set_cookie(FORM_COOKIE, self.nonce, secure=self.secure, lifetime=_FORM_LIFETIME)
        answer.headers.append("Set-Cookie", cookie)
        return answer

    def refused(self, code: str, reason: str = "", fields: tuple[tuple[str, str], ...] = ()) -> Response:
        """One of the relay's answers, as a page."""
        status, head, body = rendering.parts(code, as_html=True, host=self.host, reason=reason)
        return Response(body, status, head | dict(fields))


class Visitors:
    """Tells visitors and their shares apart, and whether a form was sent by who was given it."""

    def __init__(self, switchboard: Switchboard, passes: PassKey) -> None:
        self._switchboard = switchboard
        self._passes = passes

    def who(self, request: Request, following: str | None = None) -> Visitor:
        """Who asks; where they go on to is in the query unless it is given."""
        head = request.headers
        share = self._switchboard.find(head.get("doorstep-share", ""))
        cookies = _cookies(head.get("doorstep-cookie", ""))
        nonce = next((value for name, value in cookies if name == FORM_COOKIE.decode()), "")
        nonce = nonce if 16 <= len(nonce) <= 64 else secrets.token_urlsafe(16)
        asked = request.query_params.get("next", "") if following is None else following
        return Visitor(
            share=head.get("doorstep-share", ""),
            gate=share.gate if share else None,
            host=head.get("host", ""),
            address=head.get("x-forwarded-for", ""),
            secure=head.get("x-forwarded-proto") == "https",
            passes=tuple(value.encode("latin-1") for name, value in cookies if name == COOKIE.decode()),
            nonce=nonce,
            token=self._passes.form_token(head.get("doorstep-share", ""), nonce),
            following=safe_next(asked),
        )

    async def sent(self, request: Request) -> tuple[Visitor, dict[str, str], bool]:
        """Who sends a form, its fields, and whether it is one that this browser was given."""
        fields = await _form(request)
        visitor = self.who(request, fields.get("next", ""))
        own = hmac.compare_digest(fields.get("token", "").encode(), visitor.token.encode())
        return visitor, fields, own and _from_here(request)


async def _form(request: Request) -> dict[str, str]:
    """The fields of a form; none of what is no form, or too long to be one of ours."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _FORM_TYPE:
        return {}
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > _LONGEST_FORM:
            return {}
    try:
        return dict(parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=16))
    except ValueError:
        return {}


def _from_here(request: Request) -> bool:
    """Whether no other site sent it, as far as the browser tells."""
    site = request.headers.get("sec-fetch-site", "same-origin")
    origins = request.headers.getlist("origin")
    host = request.headers.get("host", "").lower()
    return site in {"same-origin", "none"} and all(urlsplit(one).netloc.lower() == host for one in origins)


def _cookies(line: str) -> list[tuple[str, str]]:
    pairs = (part.strip().partition("=") for part in line.split(";") if part.strip())
    return [(name, value) for name, _, value in pairs]
