"""Pages without a script, in the look of the app's own: the login, and how to use the app from programs."""

from __future__ import annotations

import base64
import hashlib
import html
from typing import Final

from starlette.responses import Response

_COLORS: Final = """
:root {
  color-scheme: light dark;
  --paper: #f6f5f1; --surface: #fffefb; --sunken: #f0eee7; --line: #e2dfd6; --line-strong: #8c887d;
  --ink: #1d1c19; --muted: #625f57; --accent: #0b6b5b; --on-accent: #fff; --danger: #8c1d18;
  --mono: ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #121413; --surface: #1a1d1c; --sunken: #101211; --line: #2c3230; --line-strong: #76807c;
    --ink: #ecebe6; --muted: #a5aaa5; --accent: #62d2b8; --on-accent: #04241c; --danger: #ffb4ab;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--paper); color: var(--ink);
  font: 16px/1.5 ui-sans-serif, system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif;
}
h1, h2, p, li, dd { overflow-wrap: anywhere; }
h1 { font-size: 1.375rem; line-height: 1.3; margin: 0 0 .5rem; }
a { color: var(--accent); }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
"""

_DOCUMENT: Final = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>{title}</title>
<link rel="icon" href="data:,">
<style>{style}</style>
</head>
<body>
{body}
</body>
</html>
"""


_NOTICE: Final = """
main { max-width: 28rem; margin: 14vh auto; padding: 0 1.25rem; }
p { color: var(--muted); }
"""


def notice(title: str, heading: str, text: str, link: str, name: str, *, status: int) -> Response:
    """One thing to say, and one way on. All of it is text; `link` is a path of the app."""
    body = (
        f"<main><h1>{html.escape(heading)}</h1><p>{html.escape(text)}</p>"
        f'<p><a href="{html.escape(link)}">{html.escape(name)}</a></p></main>'
    )
    return PlainPage(_NOTICE).respond(f"{heading} – {title}", body, status)


class PlainPage:
    """A kind of page: its style, and the policy that allows nothing but that style."""

    def __init__(self, style: str) -> None:
        self._style = _COLORS + style
        digest = base64.b64encode(hashlib.sha256(self._style.encode()).digest()).decode()
        self._policy = (
            "default-src 'none'; img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; "
            f"style-src 'sha256-{digest}'"
        )

    def respond(self, title: str, body: str, status: int = 200) -> Response:
        """`title` is text, `body` is HTML."""
        headers = {
            "Cache-Control": "no-store",
            "Content-Security-Policy": self._policy,
            "Referrer-Policy": "same-origin",
            "X-Content-Type-Options": "nosniff",
        }
        document = _DOCUMENT.format(title=html.escape(title), style=self._style, body=body)
        return Response(document, status, headers, "text/html; charset=utf-8")
