"""The page on which people log in: one form, no script."""

from __future__ import annotations

import base64
import hashlib
import html
from typing import Final

STYLE: Final = """
:root{color-scheme:light dark;--ink:#1d2430;--soft:#5a6474;--page:#f5f6f8;--card:#fff;--line:#8a93a3;--accent:#2454d6;--bad:#b42318}
@media(prefers-color-scheme:dark){:root{--ink:#eceff4;--soft:#a9b2c0;--page:#12151b;--card:#1b2028;--line:#6d7787;--accent:#8fb0ff;--bad:#ff9b8f}}
*{box-sizing:border-box}
body{margin:0;min-height:100vh;min-height:100dvh;display:grid;place-items:center;padding:1rem;background:var(--page);color:var(--ink);font:16px/1.5 system-ui,sans-serif}
main{width:100%;max-width:24rem;background:var(--card);border:1px solid color-mix(in srgb,var(--line) 40%,transparent);border-radius:12px;padding:2rem}
h1{font-size:1.375rem;line-height:1.3;margin:0 0 .5rem;overflow-wrap:anywhere}
p{margin:0 0 1rem;color:var(--soft);overflow-wrap:anywhere;white-space:pre-line}
p[role=alert]{color:var(--bad);font-weight:600}
label{display:block;margin:1rem 0 .25rem;font-weight:600}
input{width:100%;font:inherit;padding:.625rem .75rem;border:1px solid var(--line);border-radius:8px;background:var(--page);color:inherit}
button{width:100%;margin-top:1.5rem;font:inherit;font-weight:600;padding:.75rem;border:0;border-radius:8px;background:var(--accent);color:var(--card);cursor:pointer}
:focus-visible{outline:3px solid var(--accent);outline-offset:2px}
""".strip()

POLICY: Final = (
    "default-src 'none'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; "
    f"style-src 'sha256-{base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()}'"
)

_DOCUMENT: Final = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>{heading}</title>
<link rel="icon" href="data:,">
<style>{style}</style>
</head>
<body>
<main>
<h1>{heading}</h1>
{words}
</main>
</body>
</html>
"""

_FORM: Final = """{message}{problem}<form method="post" action="{action}">
<input type="hidden" name="next" value="{following}">
<label for="username">Name</label>
<input id="username" name="username" autocomplete="username" autocapitalize="none" spellcheck="false" value="{name}" required{name_focus}>
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" required{password_focus}>
<button>Log in</button>
</form>"""


def login_page(
    title: str, message: str | None, action: str, following: str, *, problem: str = "", name: str = ""
) -> bytes:
    """The form. `message` is the developer's plain text; `following` is the path to go to afterwards."""
    words = _FORM.format(
        message=_paragraph(message) if message else "",
        problem=f'<p role="alert">{html.escape(problem)}</p>' if problem else "",
        action=html.escape(action),
        following=html.escape(following),
        name=html.escape(name),
        name_focus="" if name else " autofocus",
        password_focus=" autofocus" if name else "",
    )
    heading = html.escape(f"Log in to {title}" if title else "Log in")
    return _DOCUMENT.format(heading=heading, style=STYLE, words=words).encode()


def closed_page(title: str, message: str | None) -> bytes:
    """What those see whom the app around does not let in: there is no form here."""
    words = _paragraph(message or "You have to be logged in to use this app.")
    return _DOCUMENT.format(heading=html.escape(title or "Not logged in"), style=STYLE, words=words).encode()


def _paragraph(text: str) -> str:
    return f"<p>{html.escape(text)}</p>"
