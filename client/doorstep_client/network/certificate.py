"""What is looked at in a certificate: its public key, who issued it, until when it is good.

Python shows these only of certificates that were verified, or not at all; so this walks along the few
fields of X.509 (RFC 5280 4.1) that lead there. Nothing is decided by it but a pin, which is a hash.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

_NAMES: Final = {b"\x55\x04\x03": "CN", b"\x55\x04\x0a": "O"}
_VERSION: Final = 0xA0
_UTC_TIME: Final = 0x17


@dataclass(frozen=True, slots=True)
class Certificate:
    """The few facts of a certificate."""

    key: bytes
    """SHA-256 of its SubjectPublicKeyInfo."""
    issuer: str
    """Who issued it: the common name, or else the organisation."""
    subject: str
    ends: datetime


def read_certificate(der: bytes) -> Certificate:
    """Read it. Raises `ValueError` for what is none."""
    try:
        fields = _children(_children(_children(der, 0, len(der))[0][2])[0][2])
        if fields[0][0] == _VERSION:
            fields = fields[1:]
        _serial, _algorithm, issuer, validity, subject, key = fields[:6]
        return Certificate(
            hashlib.sha256(key[1]).digest(), _name(issuer[2]), _name(subject[2]), _end(validity[2])
        )
    except (IndexError, ValueError) as error:
        raise ValueError(f"not a certificate: {error}") from None


Node = tuple[int, bytes, bytes]
"""Tag, the whole of it, its content."""


def _children(data: bytes, at: int = 0, end: int | None = None) -> list[Node]:
    """The values that stand one after the other (X.690 8.1)."""
    found = []
    end = len(data) if end is None else end
    while at < end:
        tag, size, start = data[at], data[at + 1], at + 2
        if size & 0x80:
            count = size & 0x7F
            size = int.from_bytes(data[start : start + count])
            start += count
        if start + size > end:
            raise ValueError("a value beyond the end")
        found.append((tag, data[at : start + size], data[start : start + size]))
        at = start + size
    return found


def _name(content: bytes) -> str:
    """The most telling part of a distinguished name."""
    parts: dict[str, str] = {}
    for _, _, one in _children(content):
        for _, _, pair in _children(one):
            kind, value = _children(pair)[:2]
            if kind[2] in _NAMES:
                parts[_NAMES[kind[2]]] = value[2].decode("utf-8", "replace")
    return parts.get("CN") or parts.get("O") or ""


def _end(content: bytes) -> datetime:
    tag, _, value = _children(content)[1]
    text = value.decode("ascii", "replace")
    if tag == _UTC_TIME:
        text = ("19" if text[:2] >= "50" else "20") + text
    return datetime.strptime(text, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC)
