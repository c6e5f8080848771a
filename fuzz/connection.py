"""Whole plays: visitors and apps that say and do anything to a real edge, over transports of our own.

A play is bytes: acts, each after `0xFF`. An act's first byte says who does what (`Play.ACTS`), the
rest is what is sent.
"""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable
from typing import Final, cast

import httptools

from doorstep_relay.edge import connection as connection_module
from doorstep_relay.edge.context import Edge, Limits
from doorstep_relay.edge.exchange import Exchange
from doorstep_relay.edge.visitor import VisitorConnection
from doorstep_relay.switchboard.local import LiveShare, Switchboard
from doorstep_relay.switchboard.pool import Pool
from fuzz.heads import Llhttp, check_lines
from fuzz.transport import Transport

MAX_HEAD: Final = 512
HOLD: Final = 256
"""Small bounds, so that small plays reach them."""
MAX_TUNNELS: Final = 6
TUNNEL: Final = (
    b"GET /.doorstep/tunnel HTTP/1.1\r\nHost: demo.localhost\r\nConnection: Upgrade\r\n"
    b"Upgrade: doorstep-reverse\r\nAuthorization: Doorstep good\r\n\r\n"
)
SWITCHED: Final = (
    b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: doorstep-reverse\r\n\r\n"
)
BODY_REFUSED: Final = b"Doorstep-Error: bad-request"


class _Tunnel:
    """The app's end of a tunnel connection, and the requests that the edge began on it."""

    def __init__(self, play: Play) -> None:
        self.transport: Transport = Transport(VisitorConnection(play.edge))
        self.begun: list[tuple[bytes, bytes, bool]] = []
        """Method, target and whether it asked for an upgrade, of each request."""

    @property
    def bytes(self) -> bytes:
        written = bytes(self.transport.written)
        return written.removeprefix(SWITCHED) if written.startswith(SWITCHED) else b""


class _Visitor:
    def __init__(self, play: Play) -> None:
        self.connection = VisitorConnection(play.edge)
        self.transport: Transport = Transport(self.connection)
        self.methods: set[bytes] = set()
        self.odd = False
        """Whether its answers cannot be read one after the other by a parser that knows no requests."""


class Play:
    """One edge with the share `demo`, two visitors and as many tunnel connections as are asked for."""

    def __init__(self) -> None:
        self.board = Switchboard()
        self.edge = Edge(
            domain="localhost",
            limits=Limits(max_head=MAX_HEAD),
            switchboard=self.board,
            facts=_facts,
            admit=lambda name, ticket: self.board.find(name) if ticket == b"good" else None,
            apex=lambda: _Apex(self),
        )
        self.asked = 0
        self.tunnels: list[_Tunnel] = []
        self.at_apex: list[_Apex] = []
        self.share = LiveShare(
            share_id=1,
            name="demo",
            host=b"demo.localhost",
            epoch=1,
            expires_at=None,
            account_id=1,
            token_id=1,
            pool=Pool(spares=1, limit=MAX_TUNNELS, max_waiting=4, ask=self._ask),
            tell=lambda _code, _reason: None,
        )
        self.board.connect(self.share)
        self.longest = 0
        self.visitors = [_Visitor(self), _Visitor(self)]
        self.everybody = list(self.visitors)

    def _ask(self, count: int) -> None:
        self.asked += count

    # -- acts ----------------------------------------------------------------------------------

    def act(self, letter: int, said: bytes) -> None:
        act = self.ACTS.get(letter)
        if act is not None:
            self.longest = max(self.longest, len(said))
            act(self, said)

    def _app(self, number: int) -> Transport | None:
        """The app's end that is busy with the first or second request under way; else an idle one."""
        there = [t.transport for t in self.tunnels if not t.transport.lost]
        busy = [t for t in there if getattr(t.protocol, "exchange", None) is not None]
        chosen = busy or there
        return chosen[number] if number < len(chosen) else None

    def _says(self, number: int, said: bytes) -> None:
        self.visitors[number].transport.deliver(said)

    def _drips(self, said: bytes) -> None:
        for byte in said:
            self.visitors[0].transport.deliver(bytes([byte]))

    def _answers(self, number: int, said: bytes) -> None:
        app = self._app(number)
        if app is not None:
            app.deliver(said)

    def _app_does(self, what: Callable[[Transport], None]) -> None:
        app = self._app(0)
        if app is not None:
            what(app)

    def _another(self, _said: bytes) -> None:
        self.visitors[0].transport.lose()
        self.visitors[0] = _Visitor(self)
        self.everybody.append(self.visitors[0])

    def _dial(self, _said: bytes) -> None:
        if len(self.tunnels) < MAX_TUNNELS * 2:
            self.tunnels.append(_Tunnel(self))
            self.tunnels[-1].transport.deliver(TUNNEL)  # a visitor who waits gets it at once

    def _wait(self, said: bytes) -> None:
        self.edge.now += float(len(said) * 10 + 1)
        self.edge._end_overdue(self.edge.now)
        self.share.pool.trim(self.edge.now - 60)
        self.share.pool.renew(self.edge.now, 5)

    def _revoke(self, _said: bytes) -> None:
        self.board.disconnect(self.share)
        self.share.end("revoked", "")

    ACTS: Final[dict[int, Callable[[Play, bytes], None]]] = {
        ord("v"): lambda play, said: play._says(0, said),
        ord("w"): lambda play, said: play._says(1, said),
        ord("1"): lambda play, said: play._drips(said),
        ord("a"): lambda play, said: play._answers(0, said),
        ord("b"): lambda play, said: play._answers(1, said),
        ord("e"): lambda play, _: play.visitors[0].transport.end(),
        ord("x"): lambda play, _: play.visitors[0].transport.lose(ConnectionResetError()),
        ord("s"): lambda play, _: setattr(play.visitors[0].transport, "slow", True),
        ord("f"): lambda play, _: play.visitors[0].transport.take(),
        ord("E"): lambda play, _: play._app_does(Transport.end),
        ord("X"): lambda play, _: play._app_does(lambda app: app.lose(ConnectionResetError())),
        ord("S"): lambda play, _: play._app_does(lambda app: setattr(app, "slow", True)),
        ord("F"): lambda play, _: play._app_does(Transport.take),
        ord("n"): _another,
        ord("t"): _dial,
        ord("c"): _wait,
        ord("k"): _revoke,
    }

    async def settle(self) -> None:
        """What loop and client do by themselves after each act; then every promise is looked at."""
        for _ in range(20):
            while self.asked > 0:
                self.asked -= 1
                self._dial(b"")
            await asyncio.sleep(0)
            transports = [v.transport for v in self.everybody] + [t.transport for t in self.tunnels]
            before = [(t.lost, len(t.written), t.reading) for t in transports]
            for transport in transports:
                if not transport.lost:
                    transport.settle()
            if not self.asked and before == [(t.lost, len(t.written), t.reading) for t in transports]:
                break
        self._check()

    # -- promises ------------------------------------------------------------------------------

    def _check(self) -> None:
        for visitor in self.everybody:
            self._check_bounds(visitor.connection)
            if BODY_REFUSED in visitor.transport.written:
                assert visitor.connection.exchange is None, "a refused visitor has an exchange"
        for tunnel in self.tunnels:
            self._check_upstream(tunnel)
        pool = self.share.pool
        assert 0 <= pool.size <= MAX_TUNNELS
        assert pool.waiting <= 4

    def _check_bounds(self, connection: VisitorConnection) -> None:
        if connection.transport.is_closing():
            return
        assert len(connection._buffer) <= max(MAX_HEAD, HOLD) + 2 * self.longest
        exchange = connection.exchange
        if exchange is not None:
            assert len(exchange.held) <= HOLD + 2 * self.longest
            assert len(exchange._partial) <= MAX_HEAD

    def _check_upstream(self, tunnel: _Tunnel) -> None:
        """llhttp reads exactly the requests that were accepted from what went to the app."""
        other = Llhttp()
        idle = not tunnel.transport.closing and getattr(tunnel.transport.protocol, "exchange", None) is None
        try:
            other.feed(tunnel.bytes)
        except httptools.HttpParserError:
            # A line of a chunked body that arrives in pieces is refused when it is whole: the app may
            # have its start, in a request that never ends.
            assert not idle
            assert other.complete == len(tunnel.begun) - 1
        assert other.heads == [(method, target) for method, target, _ in tunnel.begun]
        if tunnel.begun and not tunnel.begun[-1][2]:
            assert other.complete >= len(tunnel.begun) - (0 if idle else 1)

    def check_answers(self) -> None:
        """What a visitor got is HTTP, answer by answer; the last may be cut, also within a chunk's line."""
        for visitor in self.everybody:
            if visitor.odd:
                continue
            try:
                httptools.HttpResponseParser(object()).feed_data(bytes(visitor.transport.written))
            except httptools.HttpParserError:
                assert visitor.transport.closing or visitor.connection.exchange is not None

    async def end(self) -> None:
        """Everybody leaves: nothing is left."""
        for visitor in self.everybody:
            visitor.transport.lose()
        for tunnel in self.tunnels:
            tunnel.transport.lose()
        await asyncio.sleep(0)
        assert not self.edge.visitors
        assert not self.edge.tunnels
        assert not self.edge.at_apex
        assert self.share.pool.size == 0
        assert self.share.pool.waiting == 0


class _Apex(asyncio.Protocol):
    """The relay's own app: whatever it is handed must be one request."""

    def __init__(self, play: Play) -> None:
        play.at_apex.append(self)
        self._read = Llhttp()
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)  # the edge gives as much of one as is used

    def data_received(self, data: bytes) -> None:
        first = not self._read.heads
        if not first and self._read.complete:
            return
        if first:
            check_lines(data[: data.index(b"\r\n\r\n") + 4])
        try:
            self._read.feed(data)
        except httptools.HttpParserError:
            assert not first, "the relay's own app is handed a head that is none"
            self.transport.close()  # as the app's parser does
        assert len(self._read.heads) == 1


async def _facts(name: str) -> tuple[str, str]:
    return ("expired", "") if name == "old" else ("no-such-share", "")


@functools.cache
def _loop() -> asyncio.AbstractEventLoop:
    loop = asyncio.new_event_loop()
    loop.set_exception_handler(_raise)
    return loop


def _raise(_loop: asyncio.AbstractEventLoop, context: dict[str, object]) -> None:
    raise AssertionError(context)


def connection(data: bytes) -> None:
    """Play `data`."""
    begin, hold = Exchange.begin, connection_module.HOLD
    connection_module.HOLD = HOLD
    try:
        _loop().run_until_complete(_play(data, begin))
    finally:
        connection_module.HOLD = hold
        Exchange.begin = begin  # type: ignore[method-assign]  # put back as it was


async def _play(data: bytes, begin: Callable[[Exchange, bytes, bytes], bytes]) -> None:
    play = Play()
    Exchange.begin = _watched(play, begin)  # type: ignore[assignment,method-assign]  # to see what it sends
    play._dial(b"")
    await play.settle()
    for act in data.split(b"\xff")[:64]:
        if act:
            play.act(act[0], act[1:])
            await play.settle()
    play.check_answers()
    await play.end()


def _watched(
    play: Play, begin: Callable[[Exchange, bytes, bytes], bytes]
) -> Callable[[Exchange, bytes, bytes], bytes]:
    """Notes each request that the edge accepts, where it goes."""

    def note(exchange: Exchange, forwarding: bytes, data: bytes) -> bytes:
        head = exchange.head
        tunnel = next(t for t in play.tunnels if t.transport is exchange.upstream.transport)
        tunnel.begun.append((head.method, head.target, bool(head.upgrade)))
        visitor = next(v for v in play.everybody if v.connection is exchange.visitor)
        if head.method in (b"HEAD", b"CONNECT") or head.upgrade:
            visitor.odd = True
        return begin(exchange, forwarding, data)

    return note
