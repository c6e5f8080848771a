"""The secrets that clients hold.

    dst_<id, 8 signs>_<secret, 40 signs>      a token; the id is no secret, it is how lists name it
    dsl_<secret, 40 signs>                    a lease
    dsi_<secret, 40 signs>                    an invitation
    dsd_<secret, 40 signs>                    a device that waits for its login
    dsw_<secret, 40 signs>                    somebody signed in to the relay's own pages

A user code (RFC 8628 6.1) is short, since a person copies it: it lives for minutes, and guesses are counted.

Only the SHA-256 of a secret is stored. These secrets are random (238 bits), so a slow password
hash would add nothing but load: there is no dictionary to try.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import string
from typing import Final, NamedTuple

_BASE62: Final = string.ascii_letters + string.digits
_CONSONANTS: Final = "BCDFGHJKLMNPQRSTVWXZ"
_ID_SIGNS: Final = 8
_SECRET_SIGNS: Final = 40
_TOKEN: Final = re.compile(r"dst_([A-Za-z0-9]{8})_([A-Za-z0-9]{40})")


class NewToken(NamedTuple):
    """A token at the only moment when all of it is known."""

    key: str
    raw: str
    secret_hash: str


class TokenParts(NamedTuple):
    """A token that a client showed: what to look up, and what to compare."""

    key: str
    secret_hash: str


def new_token() -> NewToken:
    """A fresh token; `raw` goes to its owner and is never stored."""
    key, secret = _random(_ID_SIGNS), _random(_SECRET_SIGNS)
    return NewToken(key, f"dst_{key}_{secret}", hash_secret(secret))


def parse_token(raw: str) -> TokenParts | None:
    """The parts of a token, or `None` when it does not even look like one."""
    match = _TOKEN.fullmatch(raw)
    return TokenParts(match[1], hash_secret(match[2])) if match else None


def token_key(text: str) -> str:
    """The id by which to look a token up, also when somebody gives the whole token."""
    match = _TOKEN.fullmatch(text)
    return match[1] if match else text.removeprefix("dst_")


def new_lease() -> str:
    """A fresh lease."""
    return f"dsl_{_random(_SECRET_SIGNS)}"


def new_secret(kind: str) -> str:
    """A fresh secret of a kind: `dsi`, `dsd` or `dsw`."""
    return f"{kind}_{_random(_SECRET_SIGNS)}"


def new_user_code() -> str:
    """`BCDF-GHJK`: 8 consonants, so that no word comes out, and no sign is taken for another (35 bits)."""
    signs = "".join(secrets.choice(_CONSONANTS) for _ in range(8))
    return f"{signs[:4]}-{signs[4:]}"


def read_user_code(text: str) -> str:
    """A user code as it is stored, however it was typed; what cannot be one is one that nobody has."""
    signs = "".join(sign for sign in text.upper() if sign in _CONSONANTS)
    return f"{signs[:4]}-{signs[4:8]}" if len(signs) == 8 else ""


def hash_secret(secret: str) -> str:
    """What is stored instead of `secret`: 64 hexadecimal digits."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def _random(signs: int) -> str:
    return "".join(secrets.choice(_BASE62) for _ in range(signs))
