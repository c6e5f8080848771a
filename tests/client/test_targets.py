"""What a link leads to: an app in this process, or a server on a port."""

from __future__ import annotations

import asyncio
import gc
import hashlib
import json
import socket
import struct
import weakref
from typing import Any, cast

import pytest

from doorstep_client.errors import BadTargetError
from doorstep_client.targets import AppTarget, LocalPort, ServerTarget, make_target
from doorstep_client.targets import pump as pumps
from doorstep_client.targets.pump import Pump
from tests.client.fakes import hello_app
from tests.client.tunnels import LifespanApp, ask, echo, local_server, running, to_the_end, tunnel_to
from tests.support import eventually, free_port

MEGABYTE = 1024 * 1024
# -- what can be shared ----------------------------------------------------------------------------


@pytest.mark.parametrize("wrong", [None, True, 0, -1, 65536, 3.5, b"app", "no such thing"], ids=repr)
def test_anything_but_an_app_or_a_port_is_refused_in_words(wrong: Any) -> None:
    with pytest.raises(BadTargetError, match="ASGI app|port"):
        make_target(wrong)


# -- an app ----------------------------------------------------------------------------------------


async def scope_app(scope: Any, receive: Any, send: Any) -> None:
    facts = {key: scope[key] for key in ("client", "scheme", "path", "type")}
    facts["raw_path"] = scope["raw_path"].decode()
    body = json.dumps(facts).encode()
    headers = [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def test_the_app_sees_the_visitor_as_the_relay_tells() -> None:
    async with running(make_target(scope_app, lifespan=False)) as target, tunnel_to(target) as tunnel:
        forwarding = "X-Forwarded-For: 203.0.113.9\nX-Forwarded-Host: a.b\nX-Forwarded-Proto: https"
        _, body = await ask(tunnel, f"GET /a%2Fb?c HTTP/1.1\nHost: a.b\n{forwarding}")

    facts = json.loads(body)
    assert facts["client"] == ["203.0.113.9", 0]
    assert facts["scheme"] == "https"
    assert facts["raw_path"] == "/a%2Fb"


async def test_of_several_forwarding_headers_the_relays_own_counts_which_is_the_last() -> None:
    async with running(make_target(scope_app, lifespan=False)) as target, tunnel_to(target) as tunnel:
        spoofed = "X-Forwarded-For: 127.0.0.1\nX-Forwarded-Proto: https"
        real = "X-Forwarded-For: 203.0.113.9\nX-Forwarded-Proto: http"
        _, body = await ask(tunnel, f"GET / HTTP/1.1\nHost: a.b\n{spoofed}\n{real}")

    facts = json.loads(body)
    assert (facts["client"], facts["scheme"]) == (["203.0.113.9", 0], "http")


async def test_a_websocket_scope_has_the_visitor_and_its_own_scheme() -> None:
    seen: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append(scope)
        await receive()
        await send({"type": "websocket.close", "code": 1000})

    async with running(make_target(app, lifespan=False)) as target, tunnel_to(target) as (reader, writer):
        writer.write(
            b"GET /ws HTTP/1.1\r\nHost: a.b\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
            b"X-Forwarded-For: 203.0.113.9\r\nX-Forwarded-Proto: https\r\n\r\n"
        )
        assert (await reader.readline()).startswith(b"HTTP/1.1 403")

    assert (seen[0]["scheme"], seen[0]["client"]) == ("wss", ("203.0.113.9", 0))


async def test_the_lifespan_runs_once_and_its_state_reaches_every_connection() -> None:
    app = LifespanApp()
    async with running(make_target(app)) as target:
        for _ in range(3):
            async with tunnel_to(target) as tunnel:
                _, body = await ask(tunnel, "GET / HTTP/1.1\nHost: a.b")
                assert json.loads(body) == {"model": "loaded"}
        assert app.events == ["startup"]

    assert app.events == ["startup", "shutdown"]


async def test_without_lifespan_another_server_looks_after_it() -> None:
    app = LifespanApp()
    async with running(make_target(app, lifespan=False)):
        pass

    assert app.events == []


async def test_an_app_that_fails_to_start_is_not_shared(caplog: pytest.LogCaptureFixture) -> None:
    target = make_target(LifespanApp(failing="startup"))

    with pytest.raises(BadTargetError, match="failed to start"):
        await target.start()
    async with asyncio.timeout(20):
        await target.stop()
    assert "no database" in caplog.text


async def test_an_app_without_a_lifespan_is_shared_all_the_same() -> None:
    async with running(make_target(hello_app)) as target, tunnel_to(target) as tunnel:
        _, body = await ask(tunnel, "GET /x HTTP/1.1\nHost: a.b")

    assert body == b"GET /x"


async def test_abort_cuts_every_connection_and_the_app_is_told() -> None:
    called, told = asyncio.Event(), asyncio.Event()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        called.set()
        assert (await receive())["type"] == "http.disconnect"
        told.set()

    async with running(make_target(app, lifespan=False)) as target, tunnel_to(target) as (reader, writer):
        writer.write(b"GET / HTTP/1.1\r\nHost: a.b\r\n\r\n")
        async with asyncio.timeout(20):
            await called.wait()
        assert target.connections == 1
        target.abort()

        assert await to_the_end(reader) == b""
        async with asyncio.timeout(20):
            await told.wait()
        assert target.connections == 0


async def test_a_crash_of_the_app_is_a_500_and_the_connection_ends(caplog: pytest.LogCaptureFixture) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        raise ZeroDivisionError

    async with running(make_target(app, lifespan=False)) as target, tunnel_to(target) as (reader, writer):
        writer.write(b"GET / HTTP/1.1\r\nHost: a.b\r\n\r\n")

        assert (await reader.read()).startswith(b"HTTP/1.1 500")
    assert "ZeroDivisionError" in caplog.text


async def test_nothing_is_kept_of_a_connection_that_was_reset(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[weakref.ref[asyncio.Protocol]] = []
    target = AppTarget(hello_app, lifespan=False)
    protocol = target.protocol

    def remembered() -> asyncio.Protocol:
        made.append(weakref.ref(served := protocol()))
        return served

    monkeypatch.setattr(target, "protocol", remembered)
    async with tunnel_to(target) as streams:
        await ask(streams, "GET / HTTP/1.1\nHost: demo")
        sock = streams[1].get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        streams[1].transport.abort()
        await eventually(lambda: not target.connections)
    await eventually(lambda: gc.collect() >= 0 and made[0]() is None, what="the connection to be forgotten")


# -- a server on a port ----------------------------------------------------------------------------


async def test_bytes_pass_as_they_are_both_ways_and_the_connection_stays() -> None:
    async with local_server(echo) as port, tunnel_to(ServerTarget(LocalPort(port))) as (reader, writer):
        for data in (b"GET / HTTP/1.1\r\n\r\n", b"\x00\xff" * 1000):
            writer.write(data)
            assert await reader.readexactly(len(data)) == data


async def test_no_local_connection_is_opened_before_there_is_a_request() -> None:
    connected = asyncio.Event()

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connected.set()
        await echo(reader, writer)

    async with local_server(handler) as port, tunnel_to(ServerTarget(LocalPort(port))) as (reader, writer):
        await asyncio.sleep(0.05)
        assert not connected.is_set()
        writer.write(b"x")
        assert await reader.readexactly(1) == b"x"


async def test_a_server_that_listens_on_the_other_loopback_address_is_found() -> None:
    async with (
        local_server(echo, "::1") as port,
        tunnel_to(ServerTarget(LocalPort(port))) as (reader, writer),
    ):
        writer.write(b"x")
        assert await reader.readexactly(1) == b"x"


async def test_a_port_where_nobody_listens_is_answered_as_app_refused() -> None:
    async with tunnel_to(ServerTarget(LocalPort(free_port()))) as (reader, writer):
        writer.write(b"GET / HTTP/1.1\r\nHost: a.b\r\n\r\n")
        answer = await reader.read()

    assert answer.startswith(b"HTTP/1.1 502 ")
    assert b"Doorstep-Error: app-refused\r\n" in answer


async def test_a_server_that_accepts_nobody_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pumps, "APP_DEADLINE", 0.2)
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        with socket.create_connection(full.getsockname()):  # the queue of one is taken
            async with tunnel_to(ServerTarget(LocalPort(full.getsockname()[1]))) as (reader, writer):
                writer.write(b"GET / HTTP/1.1\r\n\r\n")

                assert b"app-refused" in await to_the_end(reader)


async def test_a_server_that_closes_ends_the_tunnel_connection_after_its_last_byte() -> None:
    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(b"y" * MEGABYTE)
        await writer.drain()
        writer.close()

    async with local_server(handler) as port, tunnel_to(ServerTarget(LocalPort(port))) as (reader, writer):
        writer.write(b"x")

        assert await to_the_end(reader) == b"y" * MEGABYTE


async def test_a_server_that_resets_resets_the_tunnel_connection() -> None:
    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        sock = writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
        writer.transport.abort()

    async with local_server(handler) as port, tunnel_to(ServerTarget(LocalPort(port))) as (reader, writer):
        writer.write(b"x")

        assert await to_the_end(reader) == b""


async def test_a_half_close_passes_on_and_the_answer_still_comes() -> None:
    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked = await reader.read()
        writer.write(b"heard " + asked)
        await writer.drain()
        writer.close()

    async with local_server(handler) as port, tunnel_to(ServerTarget(LocalPort(port))) as (reader, writer):
        writer.write(b"all")
        await asyncio.sleep(0.05)
        writer.write_eof()

        assert await to_the_end(reader) == b"heard all"


async def test_a_half_close_of_the_server_leaves_the_other_way_open() -> None:
    heard = bytearray()

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.extend(await reader.read(1))
        writer.write_eof()
        while data := await reader.read(65536):
            heard.extend(data)

    async with local_server(handler) as port, tunnel_to(ServerTarget(LocalPort(port))) as (reader, writer):
        writer.write(b"x")
        assert await to_the_end(reader) == b""
        writer.write(b"more")
        await eventually(lambda: bytes(heard) == b"xmore")


async def test_big_bodies_pass_whole_both_ways_at_once() -> None:
    size = 20 * MEGABYTE
    sent = hashlib.sha256()
    got = hashlib.sha256()

    async with local_server(echo) as port, tunnel_to(ServerTarget(LocalPort(port))) as (reader, writer):

        async def send() -> None:
            for number in range(size // 65536):
                part = bytes([number % 251]) * 65536
                sent.update(part)
                writer.write(part)
                await writer.drain()

        async def receive() -> None:
            left = size
            while left:
                part = await reader.read(65536)
                got.update(part)
                left -= len(part)

        async with asyncio.timeout(20):
            await asyncio.gather(send(), receive())

    assert sent.digest() == got.digest()


async def test_a_slow_server_holds_back_the_sender_instead_of_filling_memory() -> None:
    reading = asyncio.Event()

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reading.wait()
        await echo(reader, writer)

    async with local_server(handler) as port, tunnel_to(ServerTarget(LocalPort(port))) as (_, writer):
        taken = 0

        async def push() -> None:
            nonlocal taken
            while True:
                writer.write(b"x" * 65536)
                await writer.drain()
                taken += 65536

        pushing = asyncio.ensure_future(push())
        before = -1
        while before != taken:
            before = taken
            await asyncio.sleep(0.2)
        pushing.cancel()

    assert 0 < taken < 32 * MEGABYTE


async def never_reads(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    cast(asyncio.ReadTransport, writer.transport).pause_reading()
    await asyncio.sleep(3600)


async def _pump_of(target: ServerTarget) -> Pump:
    """The pump of the only tunnel connection, once its local connection is open."""
    return await eventually(lambda: next((pump for pump in target._pumps if pump._local), None))


async def test_what_a_server_never_reads_is_dropped_with_the_link() -> None:
    async with local_server(never_reads) as port:
        target = ServerTarget(LocalPort(port))
        async with tunnel_to(target) as (_, writer):
            writer.write(b"x")
            pump = await _pump_of(target)
            assert pump._local is not None
            local = pump._local.transport
            while not local.get_write_buffer_size():  # until the system's own buffers are full
                local.write(b"x" * 65536)
            target.abort()

            await eventually(lambda: local.get_write_buffer_size() == 0)


async def test_more_than_a_server_takes_at_its_start_stops_the_reading_for_it() -> None:
    async with local_server(never_reads) as port:
        target = ServerTarget(LocalPort(port))
        async with tunnel_to(target) as (_, writer):
            writer.write(b"x")
            while not target._pumps:  # noqa: ASYNC110  # before anything else can happen
                await asyncio.sleep(0)
            (pump,) = target._pumps
            pump._early.append(b"x" * 16 * MEGABYTE)
            await _pump_of(target)

            assert pump._local is not None
            assert pump._local.write_paused
            assert not pump.transport.is_reading()


async def test_abort_cuts_the_local_connections_too() -> None:
    gone = asyncio.Event()

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(b"y")
        try:
            await reader.read()
        finally:
            gone.set()

    async with local_server(handler) as port:
        target = ServerTarget(LocalPort(port))
        async with tunnel_to(target) as (reader, writer):
            writer.write(b"x")
            await reader.readexactly(1)
            assert target.connections == 1
            await target.stop()

            assert await to_the_end(reader) == b""
            async with asyncio.timeout(20):
                await gone.wait()
        assert target.connections == 0


async def test_a_tunnel_connection_that_ends_while_the_server_is_called_leaves_nothing() -> None:
    async with local_server(echo) as port:
        target = ServerTarget(LocalPort(port))
        for _ in range(50):
            async with tunnel_to(target) as (_, writer):
                writer.write(b"x")
                await asyncio.sleep(0)
        await eventually(lambda: target.connections == 0)


def test_an_app_target_is_made_without_a_running_loop() -> None:
    assert isinstance(make_target(hello_app), AppTarget)
