"""What the pump has to know of a request's head, found without parsing all of it."""

from __future__ import annotations

import re
from typing import Final

_REQUEST_LINE: Final = re.compile(rb"[A-Z-]+ [^ \r\n]+ HTTP/1\.[01]\r\n")
_VISITOR: Final = re.compile(rb"\r\nx-forwarded-for:[ \t]*([^\r\n]*)", re.IGNORECASE)
_UPGRADE: Final = re.compile(rb"\r\nupgrade:", re.IGNORECASE)


def request_visitor(data: bytes) -> str | None:
    """Whose request begins here, by the relay's word; None when none does."""
    if _REQUEST_LINE.match(data) is None:
        return None
    told = _VISITOR.findall(data, 0, _end_of(data))
    return told[-1].decode("latin-1") if told else ""


def is_upgrade(data: bytes) -> bool:
    """Whether the request that begins here wants another protocol."""
    return _UPGRADE.search(data, 0, _end_of(data)) is not None


def _end_of(data: bytes) -> int:
    end = data.find(b"\r\n\r\n")
    return end if end >= 0 else len(data)
