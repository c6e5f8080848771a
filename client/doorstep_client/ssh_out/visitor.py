"""Who asks, as far as an SSH server's word can be taken for it.

A relay of ours overwrites what visitors write into the forwarding headers. Of another server nobody knows: a
plain sshd passes on every byte, most services add to what is there. So an app behind one is told "unknown"
(RFC 7239 6.2) rather than an address that the visitor may have chosen, or our own, which apps trust.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

UNKNOWN: Final = ("unknown", 0)


def tell_unknown(scope: Any) -> None:
    """Behind a server that does not overwrite what visitors write."""
    scope["client"] = UNKNOWN
    _tell_scheme(scope)


def tell_forwarded(scope: Any) -> None:
    """Behind one that does (`?forwarded=yes`): the last address is the one that it saw itself."""
    addresses = _said(scope["headers"], b"x-forwarded-for")
    scope["client"] = (addresses[-1], 0) if addresses else UNKNOWN
    _tell_scheme(scope)


def _tell_scheme(scope: Any) -> None:
    """Whoever lies about the scheme gets wrong links in his own page, and nothing else."""
    said = _said(scope["headers"], b"x-forwarded-proto")
    if said and said[-1] in ("http", "https"):
        scope["scheme"] = said[-1].replace("http", "ws") if scope["type"] == "websocket" else said[-1]


def _said(headers: Iterable[tuple[bytes, bytes]], wanted: bytes) -> list[str]:
    """All elements of all headers of that name, in their order."""
    lines = [value.decode("latin-1") for name, value in headers if name == wanted]
    return [element for line in lines for part in line.split(",") if (element := part.strip())]
