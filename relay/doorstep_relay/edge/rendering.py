"""An answer of the relay's own as bytes: a page for people, JSON for programs.

The pages need nothing from anywhere: no script, no request, a policy that forbids both.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
from dataclasses import replace
from functools import lru_cache
from http import HTTPStatus
from importlib import resources
from string import Template
from typing import Final

from doorstep_relay.domain import landing
from doorstep_relay.edge.answers import ANSWERS, Answer

_SOON: Final = 60
"""Seconds for which somebody may sit before a page and wait."""
_FILES: Final = resources.files(__package__)
STYLE: Final = _FILES.joinpath("answer.css").read_text(encoding="utf-8")
_FRAME: Final = _FILES.joinpath("frame.html").read_text(encoding="utf-8")


def framed(body: str = "$body") -> Template:
    """A whole page around a body. `$name` in either stands for a value; the frame has `style`, `title` and
    `refresh` (a `meta`, or nothing).
    """
    return Template(_FRAME.replace("$body", body.rstrip()))


_PAGE: Final = framed(_FILES.joinpath("answer.html").read_text(encoding="utf-8"))
_STYLE_HASH: Final = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
_POLICY: Final = (
    f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors *"
)


@lru_cache(maxsize=512)
def render(
    code: str,
    *,
    as_html: bool,
    host: str = "",
    reason: str = "",
    retry_after: int | None = None,
    head_only: bool = False,
    more: tuple[tuple[str, str], ...] = (),
) -> bytes:
    """The whole answer, head and body, with `more` header fields; it always ends its connection.

    `retry_after` (seconds) takes the place of what the table has for the code.
    """
    answer = ANSWERS[code]
    if retry_after is not None:
        answer = replace(answer, retry_after=retry_after)
    fields, body = _parts(answer, as_html=as_html, host=host, reason=reason)
    lines = [
        f"HTTP/1.1 {answer.status} {_phrase(answer.status)}",
        *(f"{name}: {value}" for name, value in (fields | dict(more)).items()),
        f"Content-Length: {len(body)}",
        "Connection: close",
    ]
    head = "\r\n".join([*lines, "", ""]).encode()
    return head if head_only else head + body


def redirect(location: str, cookie: str = "") -> bytes:
    """Send a browser elsewhere on this host, perhaps with a cookie."""
    lines = [
        "HTTP/1.1 303 See Other",
        f"Location: {location}",
        *([f"Set-Cookie: {cookie}"] if cookie else []),
        "Referrer-Policy: no-referrer",
        "X-Robots-Tag: noindex",
        "Cache-Control: no-store",
        "Content-Length: 0",
        "Connection: close",
    ]
    return "\r\n".join([*lines, "", ""]).encode()


def parts(code: str, *, as_html: bool, host: str = "", reason: str = "") -> tuple[int, dict[str, str], bytes]:
    """The same answer for whoever frames it himself: status, header fields and body."""
    answer = ANSWERS[code]
    fields, body = _parts(answer, as_html=as_html, host=host, reason=reason)
    return answer.status, fields, body


def page(title: str, body: str) -> tuple[str, str]:
    """A page of the same look that is not an error, around HTML, and the policy to send with it."""
    return framed().substitute(style=STYLE, refresh="", title=html.escape(title), body=body), _POLICY


def _parts(answer: Answer, *, as_html: bool, host: str, reason: str) -> tuple[dict[str, str], bytes]:
    body = _html(answer, host, reason) if as_html else _json(answer, reason)
    fields = {
        "Content-Type": "text/html; charset=utf-8" if as_html else "application/problem+json",
        "Doorstep-Error": answer.code,
        "Content-Security-Policy": _POLICY,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "X-Robots-Tag": "noindex",
        "Cache-Control": "no-store",
    }
    if answer.retry_after is not None:
        fields["Retry-After"] = str(answer.retry_after)
    return fields, body.encode()


def _phrase(status: int) -> str:
    return HTTPStatus(status).phrase


def _html(answer: Answer, host: str, reason: str) -> str:
    soon = answer.retry_after is not None and answer.retry_after <= _SOON
    refresh = f'\n<meta http-equiv="refresh" content="{answer.retry_after}">' if soon else ""
    return _PAGE.substitute(
        style=STYLE,
        refresh=refresh,
        title=html.escape(answer.title),
        text=html.escape(answer.text),
        reason=f'\n<p class="reason">{html.escape(reason)}</p>' if reason else "",
        host=html.escape(host) + (" ·" if host else ""),
        report=f' · <a href="{landing.REPORT}">Report this link</a>' if host else "",
        status=answer.status,
        code=answer.code,
    )


def _json(answer: Answer, reason: str) -> str:
    problem = {
        "title": answer.title,
        "status": answer.status,
        "code": answer.code,
        "detail": reason or answer.text,
    }
    if answer.retry_after is not None:
        problem["retry_after"] = answer.retry_after
    return json.dumps(problem) + "\n"
