"""One HTTP request to a relay, sent the way of sessions: the same proxies, certificates and pins."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, cast

import httptools

from doorstep_client.errors import WireError
from doorstep_client.network.dial import address_of, dial
from doorstep_client.settings import RelaySettings
from doorstep_client.wire import readable

MOST_BYTES: Final = 16 * 1024 * 1024
MOST_HEAD: Final = 64 * 1024
"""Bytes without any of a body among them: fields, and interim answers however many they are."""
DEADLINE: Final = 15.0
"""Seconds for all of it, connecting too: however slowly an answer drips, it ends in time or not at all."""


@dataclass(slots=True)
class Fetched:
    """An answer; names of fields are in lower case."""

    status: int = 0
    fields: dict[str, str] = field(default_factory=dict)
    body: bytearray = field(default_factory=bytearray)


async def fetch(
    relay: RelaySettings,
    method: str,
    path: str,
    *,
    host: str | None = None,
    fields: Mapping[str, str] = {},
    body: bytes | None = None,
    most: int = MOST_BYTES,
    deadline: float = DEADLINE,
    progress: Callable[[int], None] | None = None,
) -> Fetched:
    """The relay's answer, or that of a share with this `host`. A redirect is an answer, too.

    Raises `OSError`, `UnreachableError`, `TimeoutError` after `deadline` seconds, and `WireError`: also for
    more than `most` bytes. `progress(size)` is told of each piece of the body, which then is not kept.
    """
    name = host.rpartition(":")[0] or host if host else None
    lines = [f"{method} {path} HTTP/1.1", f"Host: {host or relay.authority}", "Connection: close"]
    lines += [f"{name}: {value}" for name, value in fields.items()]
    if body is not None:
        lines.append(f"Content-Length: {len(body)}")
    request = "\r\n".join([*lines, "", ""]).encode("latin-1") + (body or b"")
    exchange = _Exchange(request, method, most, progress)
    async with asyncio.timeout(deadline):
        transport = await dial(address_of(relay, name), lambda: exchange)
        try:
            return await exchange.done
        finally:
            transport.abort()


class _Exchange(asyncio.Protocol):
    """Sends the request and reads the answer; httptools calls the methods that begin with `on_`."""

    def __init__(
        self, request: bytes, method: str, most: int, progress: Callable[[int], None] | None
    ) -> None:
        self.done: asyncio.Future[Fetched] = asyncio.get_running_loop().create_future()
        self._request = request
        self._bodiless = method == "HEAD"
        self._most = most
        self._progress = progress
        self._answer = Fetched()
        self._parser = httptools.HttpResponseParser(self)
        self._until_end = False
        self._beside = 0
        """Bytes since the last ones of the body."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        cast(asyncio.Transport, transport).write(self._request)

    def data_received(self, data: bytes) -> None:
        if self.done.done():
            return
        self._beside += len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self._fail(WireError("the answer changes the protocol, and nobody asked for that"))
        except httptools.HttpParserError as error:
            is_start = self._beside == len(data) and not self._answer.fields
            why = f"it begins with {_shown(data)!r}" if is_start else error
            self._fail(WireError(f"the answer is not HTTP: {why}"))
        if self._beside > MOST_HEAD:
            self._fail(WireError(f"the head of the answer has more than {MOST_HEAD} bytes"))

    def connection_lost(self, exc: Exception | None) -> None:
        if self._until_end and exc is None:
            self.on_message_complete()
        self._fail(exc or ConnectionError("it closed the connection before it had answered"))

    def _fail(self, error: Exception) -> None:
        if not self.done.done():
            self.done.set_exception(error)

    # -- the parser's ------------------------------------------------------------------------------

    def on_message_begin(self) -> None:
        self._answer.fields.clear()  # of an interim answer

    def on_header(self, name: bytes, value: bytes) -> None:
        self._answer.fields[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_headers_complete(self) -> None:
        self._answer.status = self._parser.get_status_code()
        fields = self._answer.fields
        self._until_end = "content-length" not in fields and "transfer-encoding" not in fields
        if self._bodiless:
            self.on_message_complete()

    def on_body(self, data: bytes) -> None:
        self._beside = 0
        if self._progress is not None:
            self._progress(len(data))
            return
        self._answer.body += data
        if len(self._answer.body) > self._most:
            self._fail(WireError(f"the answer has more than {self._most} bytes"))

    def on_message_complete(self) -> None:
        if not self.done.done() and self._answer.status >= 200:
            self.done.set_result(self._answer)


def _shown(data: bytes) -> str:
    """The beginning of whatever it is, for a person: SSH and mail servers say there what they are."""
    return readable(data[:40].decode("latin-1"))
