"""`auth=`: a name and a password, several of them, or a function that decides."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import inspect
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from doorstep.errors import UsageError

Pair = tuple[str, str]
Decide = Callable[[str, str], bool | Awaitable[bool]]
AuthLike = Pair | Sequence[Pair] | Decide


class Passwords:
    """Says whether a name and a password go together, taking the same time for every name."""

    def __init__(self, auth: Any) -> None:
        """Raises `UsageError` for anything that would let nobody in, or everybody."""
        self._decide: Decide | None = None
        self._known: list[tuple[bytes, bytes]] = []
        if callable(auth):
            self._decide = auth
        else:
            self._known = [(_digest(name), _digest(password)) for name, password in _pairs(auth)]

    async def fit(self, name: str, password: str) -> bool:
        if self._decide is not None:
            return await _decided(self._decide, name, password)
        given = _digest(name), _digest(password)
        fits = [
            hmac.compare_digest(known[0], given[0]) & hmac.compare_digest(known[1], given[1])
            for known in self._known
        ]
        return any(fits)


def _pairs(auth: Any) -> list[Pair]:
    pairs = [auth] if _is_pair(auth) else list(auth) if isinstance(auth, (list, tuple)) else []
    if not pairs or not all(_is_pair(each) for each in pairs):
        raise UsageError(
            'auth is ("name", "password"), a list of such pairs, or a function that takes a name and a '
            "password and says True or False; names and passwords are not empty"
        )
    return [(str(name), str(password)) for name, password in pairs]


def _is_pair(value: Any) -> bool:
    is_two = isinstance(value, (tuple, list)) and len(value) == 2
    return is_two and all(isinstance(each, str) and each for each in value)


def _digest(text: str) -> bytes:
    """Of one length, so that the time to compare says nothing about it."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


async def _decided(decide: Decide, name: str, password: str) -> bool:
    """What the developer's function says; only True lets anybody in."""
    if inspect.iscoroutinefunction(decide) or inspect.iscoroutinefunction(getattr(decide, "__call__", None)):  # noqa: B004
        said: Any = decide(name, password)
    else:
        said = await asyncio.to_thread(decide, name, password)
    return bool(await said if inspect.isawaitable(said) else said)
