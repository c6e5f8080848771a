"""Waiting for something to become true, with a deadline: never a bare sleep."""

from __future__ import annotations

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar, overload

T = TypeVar("T")

POLL = 0.02


def wait_for(condition: Callable[[], T | None], deadline: float = 45.0, what: str = "") -> T:
    """Call `condition` until it returns something true, and return that.

    Raises `TimeoutError` after `deadline` seconds.
    """
    end = time.monotonic() + deadline
    while True:
        is_late = time.monotonic() > end  # asked first: this process may have stood still
        if value := condition():
            return value
        if is_late:
            raise TimeoutError(f"not within {deadline} s: {what or _named(condition)}")
        time.sleep(POLL)


@overload
async def eventually(condition: Callable[[], Awaitable[T]], deadline: float = 45.0, what: str = "") -> T: ...


@overload
async def eventually(condition: Callable[[], T | None], deadline: float = 45.0, what: str = "") -> T: ...


async def eventually(condition: Callable[[], Any], deadline: float = 45.0, what: str = "") -> Any:
    """`wait_for` inside an event loop; `condition` may be a plain function or a coroutine function."""
    end = time.monotonic() + deadline
    while True:
        is_late = time.monotonic() > end
        found = condition()
        value = await found if inspect.isawaitable(found) else found
        if value:
            return value
        if is_late:
            raise TimeoutError(f"not within {deadline} s: {what or _named(condition)}")
        await asyncio.sleep(POLL)


def _named(condition: Callable[..., object]) -> str:
    return getattr(condition, "__qualname__", repr(condition))
