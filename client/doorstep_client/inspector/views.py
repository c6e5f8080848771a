"""What the page is told of an exchange. Secrets stay out unless they are asked for."""

from __future__ import annotations

import zlib
from typing import Any, Final

from doorstep_client.inspector.records import BODY
from doorstep_client.traffic.exchange import Exchange, Message

SECRET: Final = frozenset({
    "authorization", "proxy-authorization", "cookie", "set-cookie",
    "x-api-key", "x-auth-token", "x-csrf-token",
})  # fmt: skip
HIDDEN: Final = "••••••"
_GZIP_OR_ZLIB: Final = 32 + zlib.MAX_WBITS
_MOSTLY_TEXT: Final = 0.9


def summary(exchange: Exchange) -> dict[str, Any]:
    """A line of the list. `began` is Unix time, `duration` seconds, sizes are bytes of bodies."""
    return {
        "number": exchange.number,
        "method": exchange.method,
        "path": exchange.path,
        "visitor": exchange.visitor,
        "host": exchange.request.get("host"),
        "began": exchange.began,
        "status": exchange.status,
        "state": exchange.state,
        "duration": exchange.duration,
        "websocket": exchange.is_websocket,
        "replay_of": exchange.replay_of,
        "request_size": exchange.request.size,
        "answer_size": exchange.answer.size,
    }


def detail(exchange: Exchange, *, secrets: bool) -> dict[str, Any]:
    """Everything that is kept of it."""
    return summary(exchange) | {
        "request": _message(exchange.request, secrets),
        "answer": _message(exchange.answer, secrets),
        "hides_secrets": not secrets and (_has_secrets(exchange.request) or _has_secrets(exchange.answer)),
    }


def _message(message: Message, secrets: bool) -> dict[str, Any]:
    return {
        "headers": [_field(name, value, secrets) for name, value in message.headers],
        "body": readable(message),
        "is_whole": message.is_whole,
    }


def _field(name: str, value: str, secrets: bool) -> list[str]:
    return [name, value if secrets or name.lower() not in SECRET else HIDDEN]


def _has_secrets(message: Message) -> bool:
    return any(name.lower() in SECRET for name, _ in message.headers)


def readable(message: Message) -> str | None:
    """The beginning of the body as text, uncompressed where that is easy; None for what is no text."""
    data = bytes(message.body)
    if message.get("content-encoding").lower() in ("gzip", "deflate"):
        data = _inflated(data)
    if b"\0" in data:
        return None
    text = data.decode("utf-8", "replace")
    good = len(text) - text.count("\ufffd")
    return text if not text or good / len(text) >= _MOSTLY_TEXT else None


def _inflated(data: bytes) -> bytes:
    """As much as is kept of a body, never more: a small answer may unfold to gigabytes."""
    try:
        return zlib.decompressobj(_GZIP_OR_ZLIB).decompress(data, BODY)
    except zlib.error:
        return data
