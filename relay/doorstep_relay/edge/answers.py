"""What the relay itself answers to a visitor: a page for people, JSON for programs, one code each.

The pages need nothing from anywhere: no script, no request, a policy that forbids both.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
from dataclasses import dataclass
from functools import lru_cache
from http import HTTPStatus
from string import Template
from typing import Final


@dataclass(frozen=True, slots=True)
class Answer:
    """One thing that the relay says: `code` is stable, programs may rely on it."""

    code: str
    status: int
    title: str
    text: str
    retry_after: int | None = None
    """Seconds; the page also reloads itself after them."""


def _table(*answers: Answer) -> dict[str, Answer]:
    return {answer.code: answer for answer in answers}


ANSWERS: Final = _table(
    Answer("no-such-share", 404, "There is no link of this name", "Check the address: one wrong letter is enough. A link that was closed long ago is forgotten too."),
    Answer("offline", 503, "This link is offline right now", "The computer behind it is not connected. This page tries again by itself.", retry_after=5),
    Answer("expired", 410, "This link has expired", "Its time was up. Ask the person who sent it to you for a new one."),
    Answer("revoked", 410, "This link was revoked", "It was ended by its owner or by the people who run this relay."),
    Answer("closed", 410, "This link is closed", "The app behind it was stopped. Ask the person who sent it to you for a new one."),
    Answer("app-refused", 502, "The app behind this link does not answer", "The link works, but nothing listens where it leads to.", retry_after=10),
    Answer("app-failed", 502, "The app behind this link broke off", "It ended the connection before its answer was complete."),
    Answer("app-timeout", 504, "The app behind this link took too long", "It may be busy. Try again in a moment."),
    Answer("limit", 503, "Too many visitors at once", "This link is at its limit of connections. Try again in a moment.", retry_after=2),
    Answer("misdirected", 421, "This connection belongs to another link", "Open the address again: it needs a connection of its own."),
    Answer("bad-request", 400, "This request cannot be understood", "It does not follow the rules of HTTP."),
    Answer("head-too-large", 431, "The request is too large", "Its header fields exceed what this relay passes on. Clearing cookies may help."),
    Answer("head-timeout", 408, "The request did not arrive in time", "The connection may be slow. Try again."),
    Answer("not-implemented", 501, "This request cannot be passed on", "It uses a transfer coding that this relay does not support."),
    Answer("not-found", 404, "Nothing is here", "This address belongs to the relay, and it has nothing at this path."),
    Answer("ticket-refused", 403, "This tunnel connection is not welcome", "Its ticket is missing, too old, or for another share."),
)  # fmt: skip

_BY_STATUS: Final = {400: "bad-request", 408: "head-timeout", 431: "head-too-large", 501: "not-implemented", 502: "app-failed"}


def code_for(status: int) -> str:
    """The code of a message that was refused with `status`."""
    return _BY_STATUS.get(status, "bad-request")


_STYLE: Final = """
:root{color-scheme:light dark;--ink:#1d2330;--soft:#596275;--paper:#f6f5f2;--card:#fff;--line:#e2dfd8;--accent:#b4532a}
@media(prefers-color-scheme:dark){:root{--ink:#eceae6;--soft:#a7adba;--paper:#15181e;--card:#1d2129;--line:#2e3440;--accent:#f0a57c}}
*{box-sizing:border-box}
body{margin:0;min-height:100vh;min-height:100dvh;display:grid;place-items:center;padding:1.5rem;background:var(--paper);color:var(--ink);font:1rem/1.6 system-ui,sans-serif}
main{width:100%;max-width:32rem;padding:2.25rem;background:var(--card);border:1px solid var(--line);border-radius:1rem}
svg{display:block;width:2.75rem;height:2.75rem;margin-bottom:1.25rem;color:var(--accent)}
h1{margin:0 0 .5rem;font-size:1.5rem;line-height:1.25;text-wrap:balance}
p{margin:0 0 .75rem;color:var(--soft)}
.reason{margin:1rem 0;padding:.6rem .9rem;border-left:3px solid var(--accent);color:var(--ink);overflow-wrap:anywhere}
footer{margin-top:1.75rem;padding-top:1rem;border-top:1px solid var(--line);font-size:.85rem;color:var(--soft);overflow-wrap:anywhere}
code{font:.85em ui-monospace,monospace}
"""

_PAGE: Final = Template("""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">$refresh
<title>$title</title>
<style>$style</style>
</head>
<body>
<main>
<svg viewBox="0 0 44 44" fill="none" stroke="currentColor" stroke-width="2.5" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true"><path d="M11 37V9a3 3 0 0 1 3-3h16a3 3 0 0 1 3 3v28M5 37h34M27 22v1"/></svg>
<h1>$title</h1>
<p>$text</p>$reason
<footer>$host <code>$status $code</code></footer>
</main>
</body>
</html>
""")

_POLICY: Final = "default-src 'none'; style-src 'sha256-{}'; base-uri 'none'; form-action 'none'; frame-ancestors *".format(
    base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
)


@lru_cache(maxsize=512)
def render(code: str, *, as_html: bool, host: str = "", reason: str = "", head_only: bool = False) -> bytes:
    """The whole answer, head and body; it always ends its connection."""
    answer = ANSWERS[code]
    body = (_html(answer, host, reason) if as_html else _json(answer, reason)).encode()
    lines = [
        f"HTTP/1.1 {answer.status} {_phrase(answer.status)}",
        f"Content-Type: {'text/html; charset=utf-8' if as_html else 'application/problem+json'}",
        f"Content-Length: {len(body)}",
        f"Doorstep-Error: {answer.code}",
        f"Content-Security-Policy: {_POLICY}",
        "X-Content-Type-Options: nosniff",
        "Referrer-Policy: no-referrer",
        "X-Robots-Tag: noindex",
        "Cache-Control: no-store",
        "Connection: close",
    ]
    if answer.retry_after is not None:
        lines.append(f"Retry-After: {answer.retry_after}")
    head = "\r\n".join([*lines, "", ""]).encode()
    return head if head_only else head + body


def _phrase(status: int) -> str:
    return HTTPStatus(status).phrase


def page(title: str, text: str) -> tuple[str, str]:
    """A page of the same look that is not an error, and the policy to send with it."""
    blank = {"style": _STYLE, "refresh": "", "reason": "", "host": "", "status": "", "code": ""}
    return _PAGE.substitute(blank, title=html.escape(title), text=html.escape(text)), _POLICY


def _html(answer: Answer, host: str, reason: str) -> str:
    refresh = f'\n<meta http-equiv="refresh" content="{answer.retry_after}">' if answer.retry_after else ""
    return _PAGE.substitute(
        style=_STYLE,
        refresh=refresh,
        title=html.escape(answer.title),
        text=html.escape(answer.text),
        reason=f'\n<p class="reason">{html.escape(reason)}</p>' if reason else "",
        host=html.escape(host) + (" ·" if host else ""),
        status=answer.status,
        code=answer.code,
    )


def _json(answer: Answer, reason: str) -> str:
    problem = {"title": answer.title, "status": answer.status, "code": answer.code, "detail": reason or answer.text}
    if answer.retry_after is not None:
        problem["retry_after"] = answer.retry_after
    return json.dumps(problem) + "\n"
