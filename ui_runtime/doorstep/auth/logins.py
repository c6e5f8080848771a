"""Who is logged in: random tokens, of which only digests are kept, each with an end."""

from __future__ import annotations

import hashlib
import secrets
import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

LIFETIME: Final = 7 * 24 * 3600.0
"""Seconds after which one has to log in again."""
MAX_LOGINS: Final = 10_000


@dataclass(frozen=True, slots=True)
class Login:
    user: str
    ends: float


class Logins:
    def __init__(self, lifetime: float = LIFETIME) -> None:
        self._lifetime = lifetime
        self._logins: OrderedDict[bytes, Login] = OrderedDict()

    def begin(self, user: str) -> str:
        """A new token, which nobody could know before."""
        token = secrets.token_urlsafe(32)
        while len(self._logins) >= MAX_LOGINS:
            self._logins.popitem(last=False)
        self._logins[_digest(token)] = Login(user, time.monotonic() + self._lifetime)
        return token

    def user_of(self, token: str | None) -> str | None:
        """Whose token it is; None for one that is not known any more, or never was."""
        if not token:
            return None
        key = _digest(token)
        login = self._logins.get(key)
        if login is None:
            return None
        if login.ends < time.monotonic():
            del self._logins[key]
            return None
        return login.user

    def end(self, token: str | None) -> None:
        if token:
            self._logins.pop(_digest(token), None)


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
