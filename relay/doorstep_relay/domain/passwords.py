"""Passwords of links: people choose them, so what is stored is a slow hash (scrypt), never the word itself.

    scrypt$<n>$<r>$<p>$<salt>$<hash>          salt and hash in hexadecimal

One hash takes about a fifth of a second of one core and 16 MB. Whoever calls does that in a thread.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import Final

_N: Final = 2**14
_R: Final = 8
_P: Final = 5
_SALT_BYTES: Final = 16
_HASH_BYTES: Final = 32
_MEMORY: Final = 64 * 1024 * 1024
"""The most that a stored hash may ask for."""


def hash_password(password: str) -> str:
    """What is stored instead of `password`."""
    salt = secrets.token_bytes(_SALT_BYTES)
    made = _scrypt(password, salt, _N, _R, _P)
    return f"scrypt${_N}${_R}${_P}${salt.hex()}${made.hex()}"


def matches(password: str, stored: str) -> bool:
    """Whether `stored` was made of `password`. What is no such hash matches nothing."""
    try:
        scheme, n, r, p, salt, wanted = stored.split("$")
        if scheme != "scrypt" or not wanted:
            return False
        made = _scrypt(password, bytes.fromhex(salt), int(n), int(r), int(p))
        return hmac.compare_digest(made, bytes.fromhex(wanted))
    except ValueError:
        return False


def _scrypt(password: str, salt: bytes, n: int, r: int, p: int) -> bytes:
    return hashlib.scrypt(
        password.encode("utf-8", "surrogatepass"), salt=salt, n=n, r=r, p=p, maxmem=_MEMORY, dklen=_HASH_BYTES
    )
