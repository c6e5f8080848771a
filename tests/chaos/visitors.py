"""Visitors who believe nothing: h11 and websockets read what arrives, and each byte must be theirs."""

from __future__ import annotations

import asyncio
import hashlib
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

import h11
from websockets.asyncio.client import connect
from websockets.datastructures import Headers
from websockets.exceptions import InvalidHandshake, InvalidMessage, InvalidStatus, WebSocketException

from tests.chaos.app import filler
from tests.chaos.facts import Log, Share

PATIENCE = 25.0
"""Longer than any deadline of the relay under test: who has nothing by then was forgotten."""
CODES = {"offline", "expired", "revoked", "closed", "taken-over", "app-failed", "app-timeout", "app-refused"}
CODES |= {"no-such-share", "limit", "busy", "body-timeout", "head-timeout"}


class Cut(Exception):
    """The connection ended before the answer did, and the visitor's library said so."""


class NobodyThere(Exception):
    """There is no relay at the moment."""


class TurnedAway(Exception):
    """The relay answered; the message is its code."""


class Violation(Exception):
    """What must not happen."""


Route = tuple[int, Callable[[int], bool]]
"""A port to connect to, and whether a connection from this local port is one that may hang by plan."""


@dataclass
class Answer:
    headers: dict[bytes, bytes]
    body: bytes
    whole: bool


class Browser:
    """One connection of one visitor. `ask` may be called again while the answers say keep-alive."""

    def __init__(self, port: int, host: str) -> None:
        self._port = port
        self._host = host
        self._h11 = h11.Connection(h11.CLIENT, max_incomplete_event_size=200_000)
        self._reader: asyncio.StreamReader
        self._writer: asyncio.StreamWriter

    async def __aenter__(self) -> Self:
        try:
            self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)
        except OSError as error:
            raise NobodyThere(str(error)) from error
        return self

    async def __aexit__(self, *_exc: object) -> None:
        self._writer.transport.abort()
        await asyncio.sleep(0)

    @property
    def local_port(self) -> int:
        port: int = self._writer.get_extra_info("sockname")[1]
        return port

    def request(self, token: str, path: str, body: list[bytes] | None, chunked: bool) -> list[bytes]:
        """The bytes of a request, piece by piece; h11 expects its answer from now on."""
        headers = [("Host", self._host), ("X-Token", token)]
        if body is not None and chunked:
            headers.append(("Transfer-Encoding", "chunked"))
        elif body is not None:
            headers.append(("Content-Length", str(sum(map(len, body)))))
        method = "GET" if body is None else "POST"
        pieces = [self._h11.send(h11.Request(method=method, target=path, headers=headers))]
        pieces += [self._h11.send(h11.Data(data=part)) for part in body or []]
        return [piece or b"" for piece in [*pieces, self._h11.send(h11.EndOfMessage())]]

    async def send(self, pieces: list[bytes], pause: float = 0.0) -> None:
        try:
            for piece in pieces:
                self._writer.write(piece)
                await self._writer.drain()
                if pause:
                    await asyncio.sleep(pause)
        except OSError:
            pass  # whether an answer came all the same, `read` tells

    async def read(self) -> Answer:
        """The next answer, as much of it as came. Raises `Cut` without a head, `Violation` for nonsense."""
        head: h11.Response | None = None
        body: list[bytes] = []
        while True:
            event = await self._event()
            if isinstance(event, h11.Response):
                head = event
            elif isinstance(event, h11.Data):
                body.append(bytes(event.data))
            elif isinstance(event, h11.EndOfMessage) and head is not None:
                return Answer(dict(head.headers), b"".join(body), whole=True)
            elif event is None or isinstance(event, h11.ConnectionClosed):
                if head is None:
                    raise Cut("no answer")
                return Answer(dict(head.headers), b"".join(body), whole=False)

    async def _event(self) -> h11.Event | None:
        """h11's next event; None when the connection ended in the middle of something."""
        ended = False
        while True:
            try:
                event = self._h11.next_event()
            except h11.RemoteProtocolError as error:
                if ended:
                    return None
                raise Violation(f"not HTTP: {error}") from error
            if event is h11.NEED_DATA:
                data = await self._receive()
                ended = not data
                self._h11.receive_data(data)
            elif event is h11.PAUSED:
                raise Violation("bytes after an answer that nobody asked for")
            else:
                return event  # type: ignore[return-value]

    async def _receive(self) -> bytes:
        try:
            return await self._reader.read(65536)
        except OSError:
            return b""

    def again(self) -> bool:
        """Ready for one request more; False when the connection is over."""
        if self._h11.our_state is not h11.DONE or self._h11.their_state is not h11.DONE:
            return False
        self._h11.start_next_cycle()
        return True

    @property
    def surplus(self) -> bytes:
        return self._h11.trailing_data[0]


class Visitor:
    """Visits one share after the other, one kind of visit after the other, for ever."""

    def __init__(
        self,
        number: int,
        chance: random.Random,
        shares: list[Share],
        routes: list[Route],
        log: Log,
        port: int,
    ) -> None:
        self._number = number
        self._chance = chance
        self._shares = shares
        self._routes = routes
        self._log = log
        self._host_port = port
        self._asked = 0
        self.kinds = [
            self.kept,
            self.kept,
            self.upload,
            self.stream,
            self.download,
            self.pipeline,
            self.socket,
        ]

    async def run(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            visit = self._chance.choice(self.kinds)
            await self.visit(visit, self._chance.choice(self._shares), self._chance.choice(self._routes))
            await asyncio.sleep(self._chance.uniform(0, 0.1))

    async def visit(self, kind: Callable[..., object], share: Share, route: Route) -> str:
        """One visit. How it ended: `answered`, `cut`, …, or the relay's code; violations are noted."""
        name = kind.__name__
        self._hangs = False
        try:
            async with asyncio.timeout(PATIENCE):
                await kind(share, route)  # type: ignore[misc]
            outcome = "answered"
        except Cut:
            outcome = "cut"
        except NobodyThere:
            outcome = "no connection"
            await asyncio.sleep(0.2)
        except TurnedAway as error:
            outcome = str(error)
        except TimeoutError:
            outcome = "gave up"
            if not self._hangs:
                self._log.violated(f"{name} at {share.name} had no answer after {PATIENCE} s ({self._token})")
        except Violation as error:
            outcome = "VIOLATION"
            self._log.violated(f"{name} at {share.name}: {error} ({self._token})")
        self._log.outcomes[f"{name}: {outcome}"] += 1
        return outcome

    # -- kinds of visits -----------------------------------------------------------------------

    async def kept(self, share: Share, route: Route) -> None:
        """A few small requests on one connection."""
        async with self._browser(share, route) as browser:
            for _ in range(self._chance.randint(1, 6)):
                token = self._new_token()
                path = self._chance.choice(("/hello", "/hello", "/slow?300"))
                await browser.send(browser.request(token, path, None, False))
                answer = self._judged(await browser.read(), share, token)
                self._lines(answer, share, token)
                self._complete(answer)
                if not browser.again():
                    return

    async def upload(self, share: Share, route: Route) -> None:
        """A body, by length or in chunks, that comes back as its hash."""
        async with self._browser(share, route) as browser:
            token = self._new_token()
            size = self._chance.choice((1, 2_000, 70_000, 300_000))
            body = self._chance.randbytes(size)
            step = max(1, size // self._chance.randint(1, 8))
            parts = [body[at : at + step] for at in range(0, size, step)]
            chunked = self._chance.random() < 0.5
            await browser.send(browser.request(token, "/upload", parts, chunked), pause=0.005)
            answer = self._judged(await browser.read(), share, token)
            self._complete(answer)
            if answer.body != hashlib.sha256(body).hexdigest().encode():
                raise Violation("the app got another body than was sent")

    async def stream(self, share: Share, route: Route) -> None:
        """Chunks as fast as they come, or events over a while."""
        async with self._browser(share, route) as browser:
            token = self._new_token()
            kind, count = self._chance.choice((("/chunks", 500), ("/events", 20), ("/events", 60)))
            await browser.send(browser.request(token, f"{kind}?{count}", None, False))
            answer = self._judged(await browser.read(), share, token)
            lines = self._lines(answer, share, token)
            self._complete(answer)
            if lines != count or not answer.body.endswith(b"end\n"):
                raise Violation(f"{lines} of {count} pieces, and yet complete")

    async def download(self, share: Share, route: Route) -> None:
        """Many bytes, each of them this visitor's own."""
        async with self._browser(share, route) as browser:
            token = self._new_token()
            size = self._chance.choice((1_000, 100_000, 1_500_000))
            await browser.send(browser.request(token, f"/bytes?{size}", None, False))
            answer = self._judged(await browser.read(), share, token)
            if answer.body != filler(token, size)[: len(answer.body)]:
                raise Violation("bytes of somebody else in a download")
            self._complete(answer)

    async def pipeline(self, share: Share, route: Route) -> None:
        """Requests that do not wait for answers; the answers keep their order."""
        async with self._browser(share, route) as browser:
            tokens = [self._new_token() for _ in range(self._chance.randint(2, 5))]
            scratch = [Browser(0, browser._host).request(token, "/hello", None, False) for token in tokens]
            await browser.send([b"".join(piece for pieces in scratch for piece in pieces)])
            for token in tokens:
                browser.request(token, "/hello", None, False)
                answer = self._judged(await browser.read(), share, token)
                self._lines(answer, share, token)
                self._complete(answer)
                if token is not tokens[-1] and not browser.again():
                    raise Cut("the connection ended between two answers")

    async def socket(self, share: Share, route: Route) -> None:
        """Messages that come back, numbered in their order."""
        token = self._token = self._new_token()
        port, hangs = route
        try:
            async with connect(
                f"ws://{self._host(share)}/ws",
                host="127.0.0.1",
                port=port,
                proxy=None,
                ping_interval=None,
                open_timeout=None,  # PATIENCE ends it, as everything else
                close_timeout=1,
                additional_headers={"X-Token": token},
            ) as websocket:
                self._hangs = hangs(websocket.local_address[1])
                assert websocket.response is not None
                headers = _raw(websocket.response.headers)
                self._identity(headers, share, token)
                for number in range(self._chance.randint(1, 12)):
                    text = f"m{number}"
                    await websocket.send(text)
                    got = str(await websocket.recv()).encode()
                    line, _, echoed = got.partition(b"\n")
                    self._line(line, share, token, number)
                    if echoed != text.encode():
                        raise Violation(f"{echoed!r} for the message {text!r}")
                    await asyncio.sleep(0.02)
        except InvalidStatus as error:
            raise self._refused(_raw(error.response.headers)) from error
        except InvalidMessage as error:
            raise Cut(str(error)) from error
        except InvalidHandshake as error:
            raise Violation(f"the WebSocket's handshake: {error}") from error
        except ConnectionRefusedError as error:
            raise NobodyThere(str(error)) from error
        except (WebSocketException, OSError, EOFError) as error:
            raise Cut(str(error)) from error

    # -- judging -------------------------------------------------------------------------------

    def _browser(self, share: Share, route: Route) -> _Opening:
        return _Opening(self, Browser(route[0], self._host(share)), route[1])

    def _host(self, share: Share) -> str:
        return f"{share.name}.localhost:{self._host_port}"

    def _new_token(self) -> str:
        self._asked += 1
        self._token = f"v{self._number}r{self._asked}s{self._log.seed}"
        return self._token

    def _judged(self, answer: Answer, share: Share, token: str) -> Answer:
        if b"doorstep-error" in answer.headers:
            raise self._refused(answer.headers, whole=answer.whole)
        self._identity(answer.headers, share, token)
        return answer

    def _refused(self, headers: dict[bytes, bytes], *, whole: bool = True) -> Exception:
        code = headers.get(b"doorstep-error", b"").decode()
        if b"x-token" in headers:
            return Violation("an app's answer under the relay's name")
        if code not in CODES:
            return Violation(f"the relay answered {code or 'without a code'}")
        return TurnedAway(code) if whole else Cut("in the relay's answer")

    def _identity(self, headers: dict[bytes, bytes], share: Share, token: str) -> None:
        """Every answer says whose it is."""
        mine = {b"x-token": token, b"x-share": share.name, b"x-account": share.account}
        for field, wanted in mine.items():
            if headers.get(field) != wanted.encode():
                raise Violation(f"{field.decode()} is {headers.get(field)!r}, not {wanted!r}")
        self._in_time(float(headers[b"x-stamp"]), share)

    def _in_time(self, stamp: float, share: Share) -> None:
        if share.was_over(stamp):
            raise Violation(f"served at {stamp}, after its end: {share.over}")

    def _lines(self, answer: Answer, share: Share, token: str) -> int:
        """Check each whole line; how many there were."""
        lines = answer.body.split(b"\n")[:-1]
        if lines and lines[-1] == b"end":
            lines.pop()
        for number, line in enumerate(lines):
            self._line(line, share, token, number)
        return len(lines)

    def _line(self, line: bytes, share: Share, token: str, number: int) -> None:
        *mine, stamp = line.split(b" ")
        if mine != f"{share.name} {token} {number}".encode().split(b" "):
            raise Violation(f"{line[:120]!r} in the answer for {token}")
        self._in_time(float(stamp), share)

    def _complete(self, answer: Answer) -> None:
        if not answer.whole:
            raise Cut("in the middle of an answer")


def _raw(headers: Headers) -> dict[bytes, bytes]:
    return {name.lower().encode(): value.encode() for name, value in headers.raw_items()}


class _Opening:
    """Opens a browser's connection, notes whether it may hang, and looks for surplus bytes at the end."""

    def __init__(self, visitor: Visitor, browser: Browser, hangs: Callable[[int], bool]) -> None:
        self._visitor = visitor
        self._browser = browser
        self._may_hang = hangs

    async def __aenter__(self) -> Browser:
        browser = await self._browser.__aenter__()
        self._visitor._hangs = self._may_hang(browser.local_port)
        return browser

    async def __aexit__(self, kind: object, error: object, trace: object) -> None:
        await self._browser.__aexit__()
        if error is None and self._browser.surplus:
            raise Violation(f"surplus bytes after an answer: {self._browser.surplus[:80]!r}")
