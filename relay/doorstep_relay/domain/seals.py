"""Words that the relay gives a browser to bring back: signed, for one purpose, for a while.

base64url(JSON) . base64url(HMAC-SHA256 of purpose and that JSON, first 16 bytes)
"""

from __future__ import annotations

import base64
import binascii
import hmac
from dataclasses import dataclass
from typing import Final

import msgspec

_SIGNATURE: Final = 16
_LONGEST: Final = 4096


class _Sealed(msgspec.Struct, frozen=True, array_like=True):
    until: float
    words: dict[str, str]


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(_Sealed).decode


@dataclass(frozen=True, slots=True)
class Seal:
    """Seals words for one purpose. `secret` is the relay's own: 32 random bytes or more."""

    secret: bytes
    purpose: str

    def __repr__(self) -> str:
        return f"Seal({self.purpose!r})"

    def close(self, words: dict[str, str], until: float) -> str:
        """The words as text for a URL or a cookie, good before `until` (unix seconds)."""
        body = _encode(_Sealed(until, words))
        return f"{_text(body)}.{_text(self._sign(body))}"

    def open(self, text: str, now: float) -> dict[str, str] | None:
        """The words; None for what was not sealed here for this purpose, or too long ago."""
        if len(text) > _LONGEST or not text.isascii():
            return None
        try:
            body, signature = map(_bytes, text.split("."))
        except ValueError:
            return None
        if not hmac.compare_digest(signature, self._sign(body)):
            return None
        found = _decode(body)
        return found.words if now < found.until else None

    def _sign(self, body: bytes) -> bytes:
        signed = f"doorstep seal 1\0{self.purpose}\0".encode() + body
        return hmac.digest(self.secret, signed, "sha256")[:_SIGNATURE]


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def _bytes(text: str) -> bytes:
    """Raises `ValueError`."""
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except binascii.Error as error:
        raise ValueError(str(error)) from None
