"""An app that never stops by itself: a WebSocket with a message every 5 ms, a download without end."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

PIECE = b"x" * 16384


async def app(scope: Any, receive: Any, send: Any) -> None:
    with contextlib.suppress(asyncio.CancelledError):  # its link ends: no news, and no traceback
        if scope["type"] == "websocket":
            await receive()
            await talk(send)
        elif scope["type"] == "http":
            await flow(send)


async def talk(send: Any) -> None:
    await send({"type": "websocket.accept"})
    while True:
        await send({"type": "websocket.send", "text": "still here"})
        await asyncio.sleep(0.005)


async def flow(send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    while True:
        await send({"type": "http.response.body", "body": PIECE, "more_body": True})
        await asyncio.sleep(0.005)
