"""An app that never stops: a WebSocket with a message every 5 ms, a download without end."""

from __future__ import annotations

import asyncio
from typing import Any

PIECE = b"x" * 16384


async def app(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.accept"})
        while True:
            await send({"type": "websocket.send", "text": "still here"})
            await asyncio.sleep(0.005)
    elif scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": []})
        while True:
            await send({"type": "http.response.body", "body": PIECE, "more_body": True})
            await asyncio.sleep(0.005)
