"""The visitors of a soak: every kind of traffic at a steady pace, each answer checked, each failure named.

They are paced, not greedy: a soak asks what hours of an ordinary day do, and leaves cores for others.
"""

from __future__ import annotations

import asyncio
import random
import ssl
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import aiohttp

from bench.app import HELLO

PATIENCE = 30.0
MEGABYTE = 1_000_000


class WrongAnswerError(Exception):
    """An answer that is complete and not the one that was asked for."""


class TurnedAwayError(Exception):
    """The relay answered in the app's place; the message is its code."""


@dataclass
class Tally:
    """What the visitors of one share saw. Latencies are seconds, since they were last taken."""

    latencies: list[float] = field(default_factory=list)
    done: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)

    def take_latencies(self) -> list[float]:
        taken, self.latencies = self.latencies, []
        return taken


class Visitors:
    """The visitors of one share at the relay's address. `run` lasts until it is cancelled."""

    def __init__(self, url: str, host: str, tls: ssl.SSLContext | None, *, scale: float) -> None:
        self.tally = Tally()
        self._base = url
        self._headers = {"Host": host}
        self._tls = tls or True
        self._scale = scale
        self._chance = random.Random(host)  # noqa: S311  # a pace, not a secret

    async def run(self) -> None:
        kept = aiohttp.TCPConnector(limit=0, ssl=self._tls)
        single = aiohttp.TCPConnector(limit=0, force_close=True, ssl=self._tls)
        patience = aiohttp.ClientTimeout(total=PATIENCE)
        async with (
            aiohttp.ClientSession(connector=kept, headers=self._headers, timeout=patience) as keeping,
            aiohttp.ClientSession(connector=single, headers=self._headers, timeout=patience) as fresh,
            asyncio.TaskGroup() as group,
        ):
            for _ in range(4):
                group.create_task(self._again("keep-alive", 0.1, lambda: self._hello(keeping)))
            group.create_task(self._again("connection per request", 0.1, lambda: self._hello(fresh)))
            group.create_task(self._again("download 5 MB", 1.0, lambda: self._download(keeping)))
            group.create_task(self._again("upload 2 MB", 1.0, lambda: self._upload(keeping)))
            for _ in range(4):
                group.create_task(self._again("WebSocket, 20 messages", 0.5, lambda: self._socket(keeping)))
                group.create_task(self._again("20 server-sent events", 0.5, lambda: self._events(keeping)))
            group.create_task(self._again("visitor who leaves", 1.0, lambda: self._leave(fresh)))

    async def _again(self, kind: str, every: float, visit: Callable[[], Awaitable[None]]) -> None:
        while True:
            try:
                await visit()
            except TurnedAwayError as error:
                self.tally.failed[str(error)] += 1
            except WrongAnswerError as error:
                self.tally.failed[f"WRONG {kind}: {error}"] += 1
            except (aiohttp.ClientError, OSError, TimeoutError) as error:
                self.tally.failed[f"{kind}: {type(error).__name__}"] += 1
            else:
                self.tally.done[kind] += 1
            await asyncio.sleep(every / self._scale * self._chance.uniform(0.5, 1.5))

    # -- the kinds -----------------------------------------------------------------------------

    async def _hello(self, http: aiohttp.ClientSession) -> None:
        began = time.perf_counter()
        async with http.get(self._base + "/") as answer:
            await _check(answer, HELLO)
        self.tally.latencies.append(time.perf_counter() - began)

    async def _download(self, http: aiohttp.ClientSession) -> None:
        async with http.get(f"{self._base}/download?bytes={5 * MEGABYTE}") as answer:
            _check_origin(answer)
            size = 0
            async for part in answer.content.iter_any():
                size += len(part)
        _expect(size, 5 * MEGABYTE)

    async def _upload(self, http: aiohttp.ClientSession) -> None:
        body = bytes(2 * MEGABYTE)
        async with http.post(self._base + "/upload", data=body) as answer:
            await _check(answer, b"%d" % len(body))

    async def _socket(self, http: aiohttp.ClientSession) -> None:
        try:
            socket = await http.ws_connect(self._base + "/ws", headers=self._headers)
        except aiohttp.WSServerHandshakeError as error:
            code = error.headers.get("Doorstep-Error") if error.headers else None
            if code is None:
                raise
            raise TurnedAwayError(code) from error
        async with socket:
            for number in range(20):
                await socket.send_str(f"{number}")
                message = await socket.receive(PATIENCE)
                if message.type is not aiohttp.WSMsgType.TEXT:
                    raise ConnectionError("the WebSocket was closed")
                _expect(message.data, f"{number}")
                await asyncio.sleep(0.2)

    async def _events(self, http: aiohttp.ClientSession) -> None:
        async with http.get(self._base + "/events?count=20&every=0.2") as answer:
            _check_origin(answer)
            text = await answer.read()
        _expect(text.count(b"data: "), 20)

    async def _leave(self, http: aiohttp.ClientSession) -> None:
        """Closes the page in the middle of a download: the app has to stop, the relay to forget."""
        async with http.get(f"{self._base}/download?bytes={50 * MEGABYTE}") as answer:
            _check_origin(answer)
            await answer.content.readany()
            answer.close()


async def _check(answer: aiohttp.ClientResponse, body: bytes) -> None:
    _check_origin(answer)
    _expect(await answer.read(), body)


def _check_origin(answer: aiohttp.ClientResponse) -> None:
    if code := answer.headers.get("Doorstep-Error"):
        raise TurnedAwayError(code)
    _expect(answer.status, 200)


def _expect(found: object, wanted: object) -> None:
    if found != wanted:
        raise WrongAnswerError(f"{str(found)[:80]!r}, not {str(wanted)[:80]!r}")
