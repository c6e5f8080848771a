"""Bodies of requests as they come: in bounded memory, and only while they come."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from doorstep.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.requests import Request

PATIENCE: Final = 60.0
"""Seconds that a body may stand still: who only holds connections open is not waited for."""


class BodyTooBigError(RefusedError):
    """More bytes than the route takes."""


async def body_of(request: Request, most: int, patience: float = PATIENCE) -> bytes:
    """The whole body. Raises `BodyTooBigError`, and `RefusedError` for one that does not come."""
    declared = request.headers.get("content-length", "")
    body = bytearray()
    if declared.isdigit() and int(declared[:18]) > most:
        raise BodyTooBigError(f"a request holds at most {most:,} bytes here")
    async for chunk in moving(request.stream(), patience):
        body += chunk
        if len(body) > most:
            raise BodyTooBigError(f"a request holds at most {most:,} bytes here")
    return bytes(body)


async def moving(body: AsyncIterator[bytes], patience: float = PATIENCE) -> AsyncIterator[bytes]:
    """What comes of a body, while it comes. Raises `RefusedError`."""
    chunks = aiter(body)
    while True:
        try:
            async with asyncio.timeout(patience):
                chunk = await anext(chunks)
        except StopAsyncIteration:
            return
        except TimeoutError:
            raise RefusedError(f"nothing came of the request for {patience:g} seconds") from None
        yield chunk
