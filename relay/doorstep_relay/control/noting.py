"""Requests to the relay's own hosts are noted as those to shares are, with the account that asks.

Of a request nothing is kept but its method, its path, the names of its query's parameters, and its size:
tokens and codes travel in headers, in bodies and in the values of queries.
"""

from __future__ import annotations

from collections.abc import Callable, MutableMapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from doorstep_relay.edge.record import Record, Recorder

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

_RECORD: Final = "doorstep.record"
_PASSED_ON: Final = frozenset({b"x-request-id", b"traceparent", b"tracestate"})
"""What a trusted proxy may say of a request."""
_PROBES: Final = frozenset({"/healthz", "/readyz"})
"""Asked every few seconds by machines, which nobody wants to read of."""


@dataclass(frozen=True, slots=True)
class _Head:
    """A request's head, as far as it is noted."""

    method: bytes
    target: bytes
    upgrade: bytes
    lines: list[bytes] = field(default_factory=list)


class Noting:
    """Notes the requests of an app while there is a recorder; `place` names the app in the log."""

    def __init__(
        self,
        app: ASGIApp,
        place: str,
        recorder: Callable[[], Recorder | None],
        trusts: Callable[[str], bool],
    ) -> None:
        self._app = app
        self._place = place
        self._recorder = recorder
        self._trusts = trusts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_asked = scope["type"] in {"http", "websocket"} and scope["path"] not in _PROBES
        recorder = self._recorder() if is_asked else None
        if recorder is None:
            await self._app(scope, receive, send)
            return
        record = scope[_RECORD] = self._begin(recorder, scope)
        try:
            await self._app(scope, _counted(receive, record), _watched(send, record))
        finally:
            recorder.end(record)

    def _begin(self, recorder: Recorder, scope: Scope) -> Record:
        peer = scope["client"][0] if scope.get("client") else ""
        fields = dict(scope["headers"])
        trusted = self._trusts(peer)
        asker = fields.get(b"x-forwarded-for", b"").decode("ascii", "replace").strip()
        record = recorder.begin("", asker or peer, _head(scope), trusted=trusted)
        record.place = self._place
        return record


def note_account(scope: MutableMapping[str, Any], account: str) -> None:
    """Whose request it is, now that it is known."""
    record = scope.get(_RECORD)
    if record is not None:
        record.account = account


def note_code(scope: MutableMapping[str, Any], code: str) -> None:
    """Why the request was refused."""
    record = scope.get(_RECORD)
    if record is not None:
        record.code = code


def _head(scope: Scope) -> _Head:
    query = scope["query_string"]
    target = scope.get("raw_path") or scope["path"].encode()
    return _Head(
        method=scope.get("method", "GET").encode(),
        target=target + b"?" + query if query else target,
        upgrade=b"websocket" if scope["type"] == "websocket" else b"",
        lines=[name + b": " + value for name, value in scope["headers"] if name in _PASSED_ON],
    )


def _counted(receive: Receive, record: Record) -> Receive:
    async def received() -> Message:
        message = await receive()
        record.bytes_in += len(message.get("body") or message.get("bytes") or message.get("text") or b"")
        return message

    return received


def _watched(send: Send, record: Record) -> Send:
    async def sent(message: Message) -> None:
        kind = message["type"]
        if kind == "http.response.start":
            record.status = message["status"]
            message["headers"] = [*message.get("headers", ()), (b"x-request-id", record.id)]
        elif kind == "websocket.accept":
            record.status = 101
        elif kind == "websocket.close" and not record.status:
            record.status = 403
        record.bytes_out += len(message.get("body") or message.get("bytes") or message.get("text") or b"")
        await send(message)

    return sent
