"""Every parser, as a function from bytes that raises when a promise is broken."""

from __future__ import annotations

import asyncio
import functools
import json
from collections.abc import Callable
from typing import Any, Final

from doorstep_client import wire
from doorstep_client.errors import WireError
from doorstep_client.tunnels.carried import CHUNK, WINDOW, CarriedTransport
from doorstep_client.tunnels.opening import TunnelOpening
from doorstep_client.tunnels.streams import MOST_RESETS, Streams
from doorstep_relay.domain.names import RESERVED, check_name
from doorstep_relay.domain.tickets import TicketKey
from doorstep_relay.edge.body import MAX_TRAILERS, BadBodyError, Chunked
from doorstep_relay.edge.hosts import Hosts, Kind
from doorstep_relay.edge.request import RequestHead
from doorstep_relay.errors import BadTicket, NameRefused
from fuzz.connection import connection
from fuzz.heads import Llhttp, request_head, response_head
from fuzz.transport import Transport

_CHUNKED_HEAD: Final = b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"


def chunked(data: bytes) -> None:
    """A chunked body, whole and in pieces of the first byte's length, beside llhttp."""
    if not data:
        return
    stream, size = data[1:], data[0] % 32 + 1
    whole = _read_chunks([stream])
    pieces = _read_chunks([stream[at : at + size] for at in range(0, len(stream), size)])
    assert whole == pieces, (whole, pieces)
    if whole is not None and whole[0]:
        taken, payload = whole
        other = Llhttp()
        other.feed(_CHUNKED_HEAD + stream[:taken])
        assert (other.complete, other.body) == (1, payload)
        shorter = Llhttp()
        shorter.feed(_CHUNKED_HEAD + stream[: taken - 1])
        assert not shorter.complete


def _read_chunks(pieces: list[bytes]) -> tuple[int, bytes] | None:
    """Where the body ends (0 when it does not) and its data; None when it is refused."""
    body = Chunked(RequestHead.bars)
    body.payload = []
    taken = 0
    for piece in pieces:
        try:
            fed = body.feed(piece)
        except BadBodyError:
            return None
        assert fed <= len(piece)
        assert len(body._line) <= MAX_TRAILERS
        taken += fed
        if body.done:
            return taken, b"".join(body.payload)
        assert fed == len(piece)
    return 0, b""


def hosts(data: bytes) -> None:
    """A `Host`: the canonical name means the same place, and a share's label is one."""
    places = Hosts("relay.example")
    place = places.place(data)
    if place.kind is Kind.BAD:
        assert not place.host
        assert not place.label
        return
    assert place.host == place.host.lower()
    if place.kind is not Kind.FOREIGN:
        again = places.place(place.host)
        assert (again.kind, again.label) == (place.kind, place.label), (place, again)
    if place.kind is Kind.SHARE:
        assert place.host == f"{place.label}.relay.example".encode()
        assert "." not in place.label
        assert 0 < len(place.label) < 64
    else:
        assert not place.label


@functools.cache
def _key() -> tuple[TicketKey, str]:
    key = TicketKey(bytes(range(32)))
    return key, key.issue(1, 1, 2_000_000_000)


def tickets(data: bytes) -> None:
    """A ticket: only those of our key open anything. Bytes change the signs of a good one, or are one."""
    key, good = _key()
    text = data.decode("latin-1")
    changed = list(good)
    for at, sign in zip(data[::2], data[1::2], strict=False):
        changed[at % len(good)] = chr(sign)
    for ticket in (text, text[: len(good)].ljust(len(good), "A"), "".join(changed)):
        try:
            read = key.read(ticket, 1_000_000_000)
        except BadTicket:
            assert ticket != good
            continue
        assert ticket == good, "a ticket has one spelling"
        assert read == (1, 1)


def names(data: bytes) -> None:
    """A share's name: what is accepted is a place of its own."""
    try:
        name = check_name(data.decode("utf-8", "replace"))
    except NameRefused:
        return
    assert name not in RESERVED
    assert check_name(name) == name
    place = Hosts("relay.example").place(f"{name}.relay.example".encode("ascii"))
    assert (place.kind, place.label) == (Kind.SHARE, name)


def wire_from_client(data: bytes) -> None:
    """What a client may say to a relay."""
    _decode(wire.decode_from_client, data)


def wire_from_relay(data: bytes) -> None:
    """What a relay may say to a client, and what of it people are shown."""
    message = _decode(wire.decode_from_relay, data)
    if isinstance(message, wire.Opened):
        for word in (message.name, message.host, message.ticket, message.lease, message.url):
            assert word.isascii()
            assert word.isprintable()
            assert " " not in word
    if isinstance(message, wire.Ended):
        shown = wire.readable(message.reason)
        assert shown.isprintable()
        assert len(shown) <= 500


def _decode(decode: Callable[[str | bytes], Any], data: bytes) -> Any:
    try:
        message = decode(data)
    except WireError as error:
        assert wire.readable(str(error)).isprintable()
        return None
    text = wire.encode(message)
    assert decode(text) == message
    assert "type" in json.loads(text)
    return message


class _Served(asyncio.Protocol):
    """What a target puts onto an opened tunnel connection."""

    def __init__(self) -> None:
        self.got = b""
        self.made = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.made = True

    def data_received(self, data: bytes) -> None:
        assert self.made
        self.got += data


class _Target:
    connections = 0

    def __init__(self) -> None:
        self.served: list[_Served] = []

    def protocol(self) -> asyncio.Protocol:
        self.served.append(_Served())
        return self.served[-1]


@functools.cache
def loop() -> asyncio.AbstractEventLoop:
    """One loop for all plays."""
    return asyncio.new_event_loop()


def tunnel_answer(data: bytes) -> None:
    """A relay's answer to a tunnel connection, in pieces of the first byte's length."""
    if data:
        loop().run_until_complete(_tunnel_answer(data[1:], data[0] % 64 + 1))


async def _tunnel_answer(stream: bytes, size: int) -> None:
    target = _Target()
    opening = TunnelOpening(target, "demo.localhost", "ticket")  # type: ignore[arg-type]  # as much as it needs
    transport = Transport(opening)
    for at in range(0, len(stream), size):
        transport.deliver(stream[at : at + size])
        assert len(opening._said) <= 16 * 1024 + size
    transport.lose()
    assert opening.opened.done()
    head, _, rest = stream.partition(b"\r\n\r\n")
    if target.served:
        assert head.startswith(b"HTTP/1.1 101")
        assert [served.got for served in target.served] == [rest]
        assert opening.opened.exception() is None
    else:
        assert opening.opened.cancelled() or opening.opened.exception() is not None


class _Peer(asyncio.Protocol):
    """Serves a stream: answers some of what it hears, and pauses, ends or breaks off at certain bytes."""

    def __init__(self) -> None:
        self.transport: CarriedTransport
        self.ended = self.lost = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, CarriedTransport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        assert not self.ended
        assert not self.lost
        self.transport.write(data)
        _ACTS[data[0] % len(_ACTS)](self.transport)

    def eof_received(self) -> bool:
        assert not self.ended
        self.ended = True
        return self.transport.number % 2 == 0

    def connection_lost(self, exc: Exception | None) -> None:
        assert not self.lost
        self.lost = True


_ACTS: Final[list[Callable[[CarriedTransport], None]]] = [
    lambda _: None,
    lambda transport: transport.pause_reading(),
    lambda transport: transport.close(),
    lambda transport: transport.abort(),
    lambda transport: transport.write_eof() if not transport.is_closing() else None,
    lambda transport: transport.write(bytes(WINDOW)) if transport.is_reading() else None,
]
_MOST: Final = 4


def streams(data: bytes) -> None:
    """Binary messages of a client: a byte of length before each; 0 lets the relay's be full, or go on."""
    loop().run_until_complete(_streams(data))


async def _streams(data: bytes) -> None:
    peers: list[_Peer] = []

    def accept(share: int) -> _Peer | None:
        peers.append(_Peer())
        return peers[-1] if share < 3 else None

    sent: list[bytes] = []
    carried, full, at = Streams(sent.append, most=_MOST, accept=accept), False, 0
    try:
        while at < len(data):
            size, at = data[at], at + 1
            if size:
                carried.received(_sendable(data[at : at + size]))
            else:
                full = not full
                (carried.pause if full else carried.resume)()
                await asyncio.sleep(0)
            at += size
            _check(carried, sent)
    except WireError as error:
        assert wire.readable(str(error)).isprintable()
    carried.lost()
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert all(peer.lost for peer in peers if hasattr(peer, "transport"))


def _sendable(message: bytes) -> bytes:
    """Small numbers and big pieces are what a fuzzer finds last."""
    if len(message) < 7:
        return message
    return bytes((message[0] % 7, 0, 0, 0, message[1] % 8)) + (message[2:3] * 3 + message[3:4]) * (
        1 if message[0] % 7 != 2 else message[4] * 4
    )


def _check(carried: Streams, sent: list[bytes]) -> None:
    assert len(carried) <= _MOST
    assert len(carried._resets) <= MOST_RESETS + _MOST
    for stream in carried._open.values():
        assert 0 <= stream._room <= WINDOW
        assert stream._ahead <= WINDOW
        assert len(stream._inbox) <= WINDOW
    assert all(5 <= len(message) <= 5 + CHUNK for message in sent)


TARGETS: Final[dict[str, Callable[[bytes], None]]] = {
    "request_head": request_head,
    "response_head": response_head,
    "chunked": chunked,
    "hosts": hosts,
    "names": names,
    "tickets": tickets,
    "wire_from_client": wire_from_client,
    "wire_from_relay": wire_from_relay,
    "tunnel_answer": tunnel_answer,
    "streams": streams,
    "connection": connection,
}
