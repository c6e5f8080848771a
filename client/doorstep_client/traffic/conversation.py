"""Reads along what passes on one tunnel connection, without I/O: requests one way, answers the other.

The relay sends a request only after the answer to the one before, so there is one exchange at a time. What
cannot be read is let through all the same: from then on this connection is not followed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import httptools

from doorstep_client.traffic.exchange import Exchange, Message, State

Data = bytes | bytearray | memoryview


class Listener(Protocol):
    """Who is told, on the link's event loop."""

    def begin(
        self, method: str, path: str, headers: list[tuple[str, str]], replay_of: int | None
    ) -> Exchange:
        """A request has come."""

    def answered(self, exchange: Exchange, status: int, headers: list[tuple[str, str]]) -> None:
        """The head of the answer has come."""

    def add(self, exchange: Exchange, message: Message, data: bytes | memoryview) -> None:
        """A piece of one of the bodies has passed."""

    def changed(self, exchange: Exchange) -> None:
        """It became a WebSocket."""

    def end(self, exchange: Exchange, state: State) -> None:
        """Nothing more comes of it."""


class Conversation:
    """One connection. `finished` is called with every exchange that ended."""

    def __init__(
        self,
        listener: Listener,
        replay_of: int | None = None,
        finished: Callable[[Exchange], None] | None = None,
    ) -> None:
        self._listener = listener
        self._replay_of = replay_of
        self._finished = finished
        self._exchange: Exchange | None = None
        self._asking: httptools.HttpRequestParser | None = httptools.HttpRequestParser(_Request(self))
        self._answering: httptools.HttpResponseParser | None = None
        self._upgrading = False
        """A request asked for another protocol: what follows it is not HTTP, unless the app says no."""
        self._lost = False

    def asked(self, data: Data) -> None:
        """Bytes from the relay."""
        if self._lost:
            return
        if self._upgrading:
            self._count(data, answer=False)
            return
        try:
            assert self._asking is not None  # noqa: S101  # only an upgrade takes it away
            self._asking.feed_data(data)
        except httptools.HttpParserUpgrade:
            self._upgrading = True
        except httptools.HttpParserError:
            self._lose()

    def answered(self, data: Data) -> None:
        """Bytes from the app."""
        if self._lost or self._exchange is None:
            return
        if self._exchange.is_websocket:
            self._count(data, answer=True)
            return
        if self._answering is None:
            self._answering = httptools.HttpResponseParser(_Answer(self))
        try:
            self._answering.feed_data(data)
        except httptools.HttpParserUpgrade:
            self._exchange.is_websocket = True
            self._listener.changed(self._exchange)
        except httptools.HttpParserError:
            self._lose()

    def ended(self) -> None:
        """The connection is over: that is the end of an answer without a length, and of a WebSocket."""
        exchange = self._exchange
        if exchange is None:
            return
        has_length = exchange.answer.get("content-length") or exchange.answer.get("transfer-encoding")
        whole = exchange.is_websocket or (exchange.status is not None and not has_length)
        self._end(broken=not whole)

    # -- what the parsers found ----------------------------------------------------------------

    def begin(self, method: str, path: str, headers: list[tuple[str, str]]) -> None:
        self._exchange = self._listener.begin(method, path, headers, self._replay_of)

    def body(self, data: bytes) -> None:
        if self._exchange is not None:
            self._listener.add(self._exchange, self._exchange.request, data)

    def answer_begins(self, status: int, headers: list[tuple[str, str]]) -> None:
        if self._exchange is None or (status < 200 and status != 101):
            return
        self._listener.answered(self._exchange, status, headers)
        if self._exchange.method == "HEAD":
            self._end()  # the parser would wait for the body that Content-Length speaks of

    def answer_body(self, data: bytes) -> None:
        if self._exchange is not None:
            self._listener.add(self._exchange, self._exchange.answer, data)

    def answer_ends(self) -> None:
        if self._exchange is not None and self._exchange.status not in (None, 101):
            self._end()

    # -- helpers -------------------------------------------------------------------------------

    def _count(self, data: Data, *, answer: bool) -> None:
        """Bytes of a WebSocket: how many, not which."""
        if self._exchange is not None:
            message: Message = self._exchange.answer if answer else self._exchange.request
            message.size += len(data)

    def _end(self, *, broken: bool = False) -> None:
        exchange, self._exchange = self._exchange, None
        self._answering = None
        if self._upgrading:
            self._upgrading = False
            self._asking = httptools.HttpRequestParser(_Request(self))
        if exchange is not None:
            self._listener.end(exchange, "broken" if broken else "done")
            if self._finished is not None:
                self._finished(exchange)

    def _lose(self) -> None:
        self._lost = True
        self._end(broken=True)


class _Head:
    """Collects what both kinds of heads have."""

    def __init__(self, conversation: Conversation) -> None:
        self._conversation = conversation
        self._headers: list[tuple[str, str]] = []

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers.append((name.decode("latin-1"), value.decode("latin-1")))

    def _take_headers(self) -> list[tuple[str, str]]:
        headers, self._headers = self._headers, []
        return headers


class _Request(_Head):
    """What the request parser calls."""

    def __init__(self, conversation: Conversation) -> None:
        super().__init__(conversation)
        self._url = b""

    def on_url(self, url: bytes) -> None:
        self._url += url

    def on_headers_complete(self) -> None:
        parser = self._conversation._asking
        assert parser is not None  # noqa: S101  # it is the caller
        url, self._url = self._url.decode("latin-1"), b""
        self._conversation.begin(parser.get_method().decode("latin-1"), url, self._take_headers())

    def on_body(self, body: bytes) -> None:
        self._conversation.body(body)


class _Answer(_Head):
    """What the answer parser calls."""

    def on_headers_complete(self) -> None:
        parser = self._conversation._answering
        if parser is not None:
            self._conversation.answer_begins(parser.get_status_code(), self._take_headers())

    def on_body(self, body: bytes) -> None:
        self._conversation.answer_body(body)

    def on_message_complete(self) -> None:
        self._conversation.answer_ends()
