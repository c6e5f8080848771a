"""Where a visitor goes on to after a page of the relay's, and the key in a link's query.

https://name.example.org/some/path?k=KEY&a=1          the link with its key
https://name.example.org/some/path?a=1                what the app is asked for
"""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import quote, unquote_to_bytes

OURS: Final = "/.doorstep/"
LOGIN: Final = "/.doorstep/login"
WELCOME: Final = "/.doorstep/welcome"
REPORT: Final = "/.doorstep/report"
SIGN_IN: Final = "/.doorstep/sign-in"
RETURN: Final = "/.doorstep/return"
OIDC: Final = "/.doorstep/oidc"
OIDC_CALLBACK: Final = "/.doorstep/oidc/callback"
PAGES: Final = frozenset({LOGIN, WELCOME, REPORT, SIGN_IN, RETURN})
"""The relay's own paths on every share's host."""
_LONGEST: Final = 2000
_PATH: Final = re.compile(r"/(?![/\\])[!-\[\]-~]*")
"""A path of this host: visible ASCII without a backslash, and no host after two slashes (row 44)."""


def safe_next(text: str) -> str:
    """Where to go on to: `text` if it is a path of the share's own, else its front page."""
    if len(text) > _LONGEST or not _PATH.fullmatch(text) or text.startswith(OURS):
        return "/"
    return text


def through(page: str, target: bytes) -> str:
    """The address of a page of ours that goes on to `target`."""
    following = safe_next(target.decode("latin-1"))
    return page if following == "/" else f"{page}?next={quote(following, safe='/')}"


def take_key(target: bytes) -> tuple[list[bytes], bytes]:
    """The values of `k` in a target's query, and the target without them, else byte for byte the same."""
    path, question, query = target.partition(b"?")
    if not question:
        return [], target
    fields = query.split(b"&")
    keys = [unquote_to_bytes(field[2:]) for field in fields if field.startswith(b"k=")]
    if not keys:
        return [], target
    rest = b"&".join(field for field in fields if not field.startswith(b"k="))
    return keys, path + b"?" + rest if rest else path
