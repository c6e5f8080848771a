"""Visitors of HTTP/2 and HTTP/3 that show what happens on one connection: h2 and aioquic, bare."""

from __future__ import annotations

import asyncio
import ssl
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any, cast

from aioquic.asyncio.client import connect
from aioquic.asyncio.protocol import QuicConnectionProtocol
from aioquic.h3.connection import H3_ALPN, H3Connection
from aioquic.h3.events import DataReceived as H3Data
from aioquic.h3.events import HeadersReceived
from aioquic.quic.configuration import QuicConfiguration
from aioquic.quic.events import QuicEvent
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import DataReceived, RemoteSettingsChanged, ResponseReceived, StreamEnded
from websockets.frames import Frame, Opcode

DEADLINE = 60
Got = tuple[int, bytes]
"""Status and body."""


def _get(host: str, path: str) -> list[tuple[str, str]]:
    return [(":method", "GET"), (":scheme", "https"), (":authority", host), (":path", path)]


async def ask_on_one_h2_connection(
    port: int, context: ssl.SSLContext, server_name: str, asked: Sequence[tuple[str, str]]
) -> list[Got]:
    """All of `asked` (host, path) at once on one connection that was opened to `server_name`."""
    context.set_alpn_protocols(["h2"])
    async with asyncio.timeout(DEADLINE):
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", port, ssl=context, server_hostname=server_name
        )
        connection = H2Connection(H2Configuration(client_side=True))
        connection.initiate_connection()
        streams = [connection.get_next_available_stream_id() for _ in asked[:1]]
        for number, (host, path) in enumerate(asked):
            if number:
                streams.append(connection.get_next_available_stream_id())
            connection.send_headers(streams[-1], _get(host, path), end_stream=True)
        try:
            return await _answers(connection, reader, writer, streams)
        finally:
            writer.transport.abort()


async def _answers(
    connection: H2Connection, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, streams: list[int]
) -> list[Got]:
    status: dict[int, int] = {}
    body: dict[int, bytes] = defaultdict(bytes)
    open_streams = set(streams)
    while open_streams:
        writer.write(connection.data_to_send())
        data = await reader.read(65536)
        assert data, "the connection ended early"
        for event in connection.receive_data(data):
            match event:
                case ResponseReceived():
                    status[event.stream_id] = int(dict(event.headers)[b":status"])
                case DataReceived():
                    body[event.stream_id] += event.data
                    connection.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
                case StreamEnded():
                    open_streams.discard(event.stream_id)
    return [(status[stream], body[stream]) for stream in streams]


async def echo_on_one_h2_connection(
    port: int, context: ssl.SSLContext, server_name: str, host: str, path: str, words: Sequence[bytes]
) -> list[bytes] | None:
    """What a WebSocket inside HTTP/2 (RFC 8441) answers to each word; None where the server offers none.

    Beside it, on the same connection, an ordinary request is answered.
    """
    context.set_alpn_protocols(["h2"])
    async with asyncio.timeout(DEADLINE):
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", port, ssl=context, server_hostname=server_name
        )
        try:
            return await _Echo(reader, writer).run(host, path, words)
        finally:
            writer.transport.abort()


class _Echo:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._http = H2Connection(H2Configuration(client_side=True))
        self._http.initiate_connection()
        self._status: dict[int, int] = {}
        self._heard: dict[int, bytes] = defaultdict(bytes)
        self._known = False

    async def run(self, host: str, path: str, words: Sequence[bytes]) -> list[bytes] | None:
        await self._until(lambda: self._known)
        if not self._http.remote_settings.enable_connect_protocol:
            return None
        socket, beside = 1, 3
        asked = dict(_get(host, path)) | {":method": "CONNECT", ":protocol": "websocket"}
        self._http.send_headers(socket, [*asked.items(), ("sec-websocket-version", "13")])
        self._http.send_headers(beside, _get(host, "/"), end_stream=True)
        await self._until(lambda: len(self._status) == 2)
        assert set(self._status.values()) == {200}, self._status
        return [await self._echo(socket, word) for word in words]

    async def _echo(self, stream: int, word: bytes) -> bytes:
        self._heard[stream] = b""
        self._http.send_data(stream, Frame(Opcode.BINARY, word).serialize(mask=True))
        await self._until(lambda: len(self._heard[stream]) >= 2 + len(word))
        return self._heard[stream][2:]

    async def _until(self, done: Callable[[], bool]) -> None:
        while not done():
            self._writer.write(self._http.data_to_send())
            data = await self._reader.read(65536)
            assert data, "the connection ended early"
            for event in self._http.receive_data(data):
                match event:
                    case RemoteSettingsChanged():
                        self._known = True
                    case ResponseReceived():
                        self._status[event.stream_id] = int(dict(event.headers)[b":status"])
                    case DataReceived():
                        self._heard[event.stream_id] += event.data
                        self._http.acknowledge_received_data(event.flow_controlled_length, event.stream_id)


class _H3(QuicConnectionProtocol):
    """Collects the answers of one HTTP/3 connection."""

    def __init__(self, *args: Any, **how: Any) -> None:
        super().__init__(*args, **how)
        self.http = H3Connection(self._quic)
        self.status: dict[int, int] = {}
        self.body: dict[int, bytes] = defaultdict(bytes)
        self.ended: dict[int, asyncio.Event] = defaultdict(asyncio.Event)

    def quic_event_received(self, event: QuicEvent) -> None:
        for found in self.http.handle_event(event):
            if isinstance(found, HeadersReceived) and found.stream_id not in self.status:
                self.status[found.stream_id] = int(dict(found.headers)[b":status"])
            if isinstance(found, H3Data):
                self.body[found.stream_id] += found.data
            if isinstance(found, HeadersReceived | H3Data) and found.stream_ended:
                self.ended[found.stream_id].set()

    async def ask(self, host: str, path: str, upload: bytes = b"") -> Got:
        stream = self._quic.get_next_available_stream_id()
        head = _get(host, path)
        if upload:
            head[0] = (":method", "POST")
            head.append(("content-length", str(len(upload))))  # without it Caddy 2.6 passes no body on
        fields = [(name.encode(), value.encode()) for name, value in head]
        self.http.send_headers(stream, fields, end_stream=not upload)
        if upload:
            self.http.send_data(stream, upload, end_stream=True)
        self.transmit()
        await self.ended[stream].wait()
        return self.status[stream], self.body[stream]


async def ask_over_h3(port: int, ca: str, asked: Sequence[tuple[str, str, bytes]]) -> list[Got]:
    """All of `asked` (host, path, upload) at once on one HTTP/3 connection."""
    configuration = QuicConfiguration(
        is_client=True, alpn_protocols=H3_ALPN, server_name=asked[0][0].split(":")[0]
    )
    configuration.load_verify_locations(ca)
    async with (
        asyncio.timeout(DEADLINE),
        connect("127.0.0.1", port, configuration=configuration, create_protocol=_H3) as protocol,
    ):
        h3 = cast(_H3, protocol)
        return await asyncio.gather(*(h3.ask(*one) for one in asked))
