"""A target that answers before it has read a request: its tunnel connection is not reset under the answer."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Callable
from typing import Any

import pytest

from doorstep_client.targets import AppTarget, LocalPort, ServerTarget, Target, lingering
from tests.client.test_targets import MEGABYTE, local_server, tunnel_to
from tests.support import eventually, free_port

POST = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000000\r\n\r\n"
REFUSED = b"HTTP/1.1 413 Content Too Large\r\nContent-Length: 2\r\n\r\nno"


async def closing_app(_scope: Any, _receive: Any, send: Any) -> None:
    headers = [(b"content-length", b"2"), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": b"no"})


async def failing_app(_scope: Any, _receive: Any, _send: Any) -> None:
    raise RuntimeError("a bug")


async def upload_then_read(target: Target) -> bytes:
    """Send 10 MB without a look at what comes back; then all of that, up to its end."""
    async with tunnel_to(target) as (reader, writer), asyncio.timeout(20):
        writer.write(POST)
        for _ in range(10):
            writer.write(b"u" * MEGABYTE)
            await writer.drain()
        got = await reader.read()
        writer.write(b"u")
        assert target.connections <= 1
    await eventually(lambda: target.connections == 0)
    return got


@pytest.mark.parametrize(("app", "status"), [(closing_app, 413), (failing_app, 500)])
async def test_an_app_may_answer_and_close_before_it_has_read_an_upload(
    app: Callable[..., Any], status: int
) -> None:
    got = await upload_then_read(AppTarget(app, lifespan=False))
    assert got.startswith(b"HTTP/1.1 %d " % status)


@pytest.mark.parametrize("ending", ["closes", "half-closes", "resets"])
async def test_a_server_may_answer_and_go_before_it_has_read_an_upload(
    ending: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lingering, "LAST_WORDS", 30.0)  # a busy machine may need more than its second

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(REFUSED)
        await writer.drain()
        if ending == "half-closes":
            writer.write_eof()
        if ending == "resets":
            sock = writer.get_extra_info("socket")
            await asyncio.sleep(0.05)  # so that the answer is not reset away on its own way
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.close()

    async with local_server(refuse) as port, tunnel_to(ServerTarget(LocalPort(port))) as (reader, writer):
        async with asyncio.timeout(20):
            writer.write(POST)
            for _ in range(10):
                writer.write(b"u" * MEGABYTE)
                await writer.drain()
            assert await reader.readexactly(len(REFUSED)) == REFUSED


async def test_an_upload_to_a_port_where_nobody_listens_is_answered() -> None:
    got = await upload_then_read(ServerTarget(LocalPort(free_port())))
    assert got.startswith(b"HTTP/1.1 502 ")
    assert b"app-refused" in got


async def test_who_never_stops_sending_is_not_listened_to_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lingering, "LINGER", 0.2)
    target = ServerTarget(LocalPort(free_port()))
    async with tunnel_to(target) as (_, writer), asyncio.timeout(20):
        with pytest.raises(ConnectionError):
            await send_for_ever(writer)


async def send_for_ever(writer: asyncio.StreamWriter) -> None:
    while True:
        writer.write(POST)
        await writer.drain()
        await asyncio.sleep(0.01)
