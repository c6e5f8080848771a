"""An app that never stops by itself: a WebSocket with a message every 5 ms, a download without end.

A query is how many seconds lie between two pieces instead.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

PIECE = b"x" * 16384


async def app(scope: Any, receive: Any, send: Any) -> None:
    with contextlib.suppress(asyncio.CancelledError):  # its link ends: no news, and no traceback
        if scope["type"] == "websocket":
            await receive()
            await talk(send, _every(scope))
        elif scope["type"] == "http":
            await flow(send, _every(scope))


def _every(scope: Any) -> float:
    return float(scope["query_string"] or b"0.005")


async def talk(send: Any, every: float) -> None:
    await send({"type": "websocket.accept"})
    while True:
        await send({"type": "websocket.send", "text": "still here"})
        await asyncio.sleep(every)


async def flow(send: Any, every: float) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    while True:
        await send({"type": "http.response.body", "body": PIECE, "more_body": True})
        await asyncio.sleep(every)
