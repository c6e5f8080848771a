"""How the relay's pages for visitors look: no script, nothing from elsewhere, a policy that forbids both."""

from __future__ import annotations

import base64
import hashlib
import html
from importlib import resources
from typing import Final

from fastapi.responses import HTMLResponse

from doorstep_relay.domain import landing
from doorstep_relay.edge import rendering

_FILES: Final = resources.files(__package__)
_STYLE: Final = rendering.STYLE + _FILES.joinpath("form.css").read_text(encoding="utf-8")
_PAGE: Final = rendering.framed(_FILES.joinpath("form.html").read_text(encoding="utf-8"))
_STYLE_HASH: Final = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_FIELDS: Final = {
    "Content-Security-Policy": (
        # Chrome holds the redirects after a form to `form-action`, too, and the app that a visitor goes on to
        # may send them to sign in elsewhere.
        f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; "
        "base-uri 'none'; form-action http: https:; frame-ancestors 'none'"
    ),
    # With `no-referrer` browsers would send `Origin: null` with the form.
    "Referrer-Policy": "same-origin",
    "X-Robots-Tag": "noindex",
}


def page(
    title: str,
    text: str,
    body: str = "",
    *,
    host: str = "",
    error: str = "",
    status: int = 200,
    report: bool = True,
) -> HTMLResponse:
    """A page. `body` is HTML, everything else is text."""
    filled = _PAGE.substitute(
        style=_STYLE,
        title=html.escape(title),
        refresh="",
        text=html.escape(text),
        error=f'\n<p class="reason" role="alert">{html.escape(error)}</p>' if error else "",
        body=body,
        host=html.escape(host),
        report=f' · <a href="{landing.REPORT}">Report this link</a>' if report else "",
    )
    return HTMLResponse(filled, status, _FIELDS)


def form(action: str, token: str, following: str, inside: str, button: str) -> str:
    """A form that goes on to `following`; `inside` is HTML."""
    return (
        f'<form method="post" action="{html.escape(action)}">'
        f'<input type="hidden" name="token" value="{html.escape(token)}">'
        f'<input type="hidden" name="next" value="{html.escape(following)}">'
        f"{inside}<button>{html.escape(button)}</button></form>"
    )


def field(name: str, label: str, kind: str = "text", more: str = "") -> str:
    """A labelled input."""
    named = f'<label for="{name}">{html.escape(label)}</label>'
    return f'{named}<input type="{kind}" id="{name}" name="{name}" {more}>'
