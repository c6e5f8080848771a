"""How the relay's own pages look: as its answers do, with forms."""

from __future__ import annotations

import base64
import hashlib
import html
from importlib import resources
from typing import Final

from fastapi.responses import HTMLResponse

from doorstep_relay.edge import rendering
from doorstep_relay.markup import Html, fill

_FILES: Final = resources.files(__package__)
_STYLE: Final = rendering.STYLE + _FILES.joinpath("page.css").read_text(encoding="utf-8")
_PAGE: Final = rendering.framed()
_HASH: Final = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
HEADERS: Final = {
    # Nobody else may show these pages in a frame, and lead somebody's click onto a yes.
    "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{_HASH}'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'",
    "X-Frame-Options": "DENY",
    # Not `no-referrer`: with that, browsers say `Origin: null` for forms, and the origin is what is checked.
    "Referrer-Policy": "same-origin",
    "X-Robots-Tag": "noindex",
    "Cache-Control": "no-store",
}


def page(title: str, *pieces: Html, status: int = 200, go_on_to: str = "") -> HTMLResponse:
    """A whole page. `go_on_to` is a path of ours that it leads to by itself."""
    refresh = fill('\n<meta http-equiv="refresh" content="0; url=$to">', to=go_on_to) if go_on_to else ""
    text = _PAGE.substitute(style=_STYLE, title=html.escape(title), refresh=refresh, body="\n".join(pieces))
    return HTMLResponse(text, status, dict(HEADERS))


def says(text: str) -> Html:
    """A paragraph."""
    return fill("<p>$text</p>", text=text)


def complaint(text: str) -> Html:
    """What went wrong, where a screen reader says it at once."""
    return fill('<p class="reason" role="alert">$text</p>', text=text) if text else Html("")
