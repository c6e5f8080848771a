"""Passes: the cookie of a visitor who has shown what a share's policy asks for.

Signed by the relay's secret, not stored. A pass names its share and, of each secret that was shown, a mark
of the hash that it was compared with: a new password makes worthless only what the old one opened.

    base64url(JSON of `Pass`) . base64url(HMAC-SHA256 of purpose, share and that JSON, first 16 bytes)
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass
from typing import Final

import msgspec
from msgspec import Struct

LIFETIME: Final = 30 * 86400.0
"""Seconds for which a pass is good, unless what it was given for changes."""
IDENTITY_LIFETIME: Final = 12 * 3600.0
"""Seconds until somebody who signed in has to do so again."""
COOKIE: Final = b"doorstep-pass"
FORM_COOKIE: Final = b"doorstep-form"
"""What proves that a form was asked for by the browser that sends it."""
_LONGEST: Final = 2048
_SIGNATURE: Final = 16
_PURPOSE: Final = b"doorstep pass 1\0"


class Identity(Struct, frozen=True, array_like=True):
    """Who signed in. `until` in unix seconds."""

    email: str
    subject: str
    until: float


class Pass(Struct, frozen=True, omit_defaults=True, rename={"password": "p", "key": "k", "one_time": "t"}):
    """What its holder has shown. `password` and `key` are marks of what they were compared with."""

    expires: float
    password: str = ""
    key: str = ""
    one_time: str = ""
    told: bool = False
    """Whether the visitor was told where the page comes from."""
    who: Identity | None = None


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Pass).decode


@dataclass(frozen=True, slots=True)
class PassKey:
    """Signs and reads passes. `secret` is the relay's own: 32 random bytes or more."""

    secret: bytes

    def __repr__(self) -> str:
        return "PassKey(…)"

    def sign(self, share_id: int, given: Pass) -> str:
        """The pass as a cookie's value."""
        body = _encode(given)
        return f"{_text(body)}.{_text(self._signature(share_id, body))}"

    def read(self, share_id: int, cookie: bytes, now: float) -> Pass | None:
        """What a pass for this share says; None for anything else, and when its time is over."""
        if len(cookie) > _LONGEST:
            return None
        try:
            body, signature = map(_bytes, cookie.split(b"."))
        except ValueError:
            return None
        if not hmac.compare_digest(signature, self._signature(share_id, body)):
            return None
        found = _decode(body)
        return found if found.expires > now else None

    def form_token(self, share: str, nonce: str) -> str:
        """What a form on a share's host carries, for the browser that has this nonce as a cookie."""
        signed = f"doorstep form 1\0{share}\0{nonce}".encode()
        return hmac.digest(self.secret, signed, "sha256").hex()

    def _signature(self, share_id: int, body: bytes) -> bytes:
        return hmac.digest(self.secret, b"%b%d\0%b" % (_PURPOSE, share_id, body), "sha256")[:_SIGNATURE]


def mark(stored: str) -> str:
    """What a pass says of a secret: enough to tell one from the next, nothing that helps to find it."""
    return hashlib.sha256(b"doorstep mark\0" + stored.encode()).hexdigest()[:16] if stored else ""


def cookie_name(name: bytes, *, secure: bool) -> str:
    """Over https the name itself keeps other links from setting it (`__Host-`, RFC 6265bis 4.1.3)."""
    return f"__Host-{name.decode()}" if secure else name.decode()


def set_cookie(name: bytes, value: str, *, secure: bool, lifetime: float) -> str:
    """A `Set-Cookie` value: for this host alone, not for scripts, not for requests from elsewhere."""
    end = "; Secure" if secure else ""
    named = cookie_name(name, secure=secure)
    return f"{named}={value}; Path=/; Max-Age={lifetime:.0f}; HttpOnly; SameSite=Lax{end}"


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def _bytes(text: bytes) -> bytes:
    """Raises `ValueError`."""
    try:
        return base64.b64decode(text + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except binascii.Error as error:
        raise ValueError(str(error)) from None
