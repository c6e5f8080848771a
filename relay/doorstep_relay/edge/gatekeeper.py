"""Between a request's head and its share's gate: what that is told, and what its verdict does to the head."""

from __future__ import annotations

import base64
import binascii
from typing import Final

from doorstep_relay.domain.gate import Admit, Visit
from doorstep_relay.domain.passes import COOKIE, Identity
from doorstep_relay.edge.request import RequestHead

_SHOWN_AS_PAGE: Final = frozenset({b"document", b"iframe", b"frame", b"embed", b"object", b""})


def visit_of(head: RequestHead, address: str, scheme: bytes) -> Visit:
    """What a gate asks of a request."""
    told = head.told
    mode, destination = _value(head, b"sec-fetch-mode"), _value(head, b"sec-fetch-dest")
    navigates = _navigates(head, mode, destination)
    return Visit(
        method=head.method.decode("ascii"),
        target=head.target,
        address=address,
        secure=scheme == b"https",
        passes=tuple(value for name, value in told if name == COOKIE),
        keys=tuple(value for name, value in told if name == b"doorstep-key"),
        password=_password(head),
        navigates=navigates,
        top_level=navigates and head.method == b"GET" and _has_window(head, destination),
        by_script=bool(mode),
        skips=any(name == b"doorstep-skip-interstitial" for name, _ in told),
    )


def admit(head: RequestHead, verdict: Admit) -> None:
    """Take out of the head what was for the relay, and say who asks."""
    head.target = verdict.target
    if verdict.by_password and _basic(head) is not None:
        head.lines[:] = [line for line in head.lines if not _is(line, b"authorization")]
    if verdict.identity is not None:
        head.lines.append(_identity_lines(verdict.identity))


def _navigates(head: RequestHead, mode: bytes, destination: bytes) -> bool:
    """Whether a browser will show the answer as a page; browsers of today say so by themselves."""
    if head.upgrade or head.method not in (b"GET", b"HEAD") or not head.wants_html():
        return False
    return mode in (b"navigate", b"") and destination in _SHOWN_AS_PAGE


def _has_window(head: RequestHead, destination: bytes) -> bool:
    """Whether a page is not in a frame; of older browsers only their name tells that they are some."""
    return destination == b"document" if destination else _value(head, b"user-agent").startswith(b"Mozilla/")


def _password(head: RequestHead) -> str | None:
    """The one password that a request shows; None also when it shows two that differ."""
    shown = {value for name, value in head.told if name == b"doorstep-password"}
    if not shown:
        return _basic(head)
    return shown.pop().decode("utf-8", "replace") if len(shown) == 1 else None


def _basic(head: RequestHead) -> str | None:
    """The password of `Authorization: Basic` (RFC 7617); None unless there is exactly one such field."""
    values = _values(head, b"authorization")
    scheme, _, given = (values[0] if len(values) == 1 else b"").partition(b" ")
    if scheme.lower() != b"basic":
        return None
    try:
        _, colon, password = base64.b64decode(given.strip(), validate=True).partition(b":")
    except binascii.Error:
        return None
    return password.decode("utf-8", "replace") if colon else None


def _identity_lines(who: Identity) -> bytes:
    email, subject = (_printable(text) for text in (who.email, who.subject))
    return b"X-Forwarded-Email: %b\r\nX-Forwarded-User: %b\r\n" % (email, subject)


def _printable(text: str) -> bytes:
    """What a provider says of somebody ends no header line."""
    return "".join(sign if "!" <= sign <= "~" else "?" for sign in text).encode("ascii")


def _value(head: RequestHead, name: bytes) -> bytes:
    return next(iter(_values(head, name)), b"")


def _values(head: RequestHead, name: bytes) -> list[bytes]:
    return [line.partition(b":")[2].strip() for line in head.lines if _is(line, name)]


def _is(line: bytes, name: bytes) -> bool:
    return line[: len(name)].lower() == name and line[len(name) : len(name) + 1] == b":"
