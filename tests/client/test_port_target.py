"""A shared port: what ends on both sides is closed on both, whichever ends first."""

from __future__ import annotations

import asyncio

import pytest

from doorstep_client.targets import LocalPort, ServerTarget
from tests.support import eventually, free_port


@pytest.mark.parametrize("first", ["server", "relay"])
async def test_connections_that_ended_on_both_sides_are_closed(first: str) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if first == "relay":
            assert await reader.read() == b"ask"
        else:
            assert await reader.readexactly(3) == b"ask"
        writer.write(b"answer")
        writer.write_eof()
        await reader.read()
        writer.close()

    loop = asyncio.get_running_loop()
    local = await asyncio.start_server(serve, "127.0.0.1", 0)
    target = ServerTarget(LocalPort(local.sockets[0].getsockname()[1]))
    tunnels = await loop.create_server(target.protocol, "127.0.0.1", 0)
    async with asyncio.timeout(20), local, tunnels:
        reader, writer = await asyncio.open_connection(*tunnels.sockets[0].getsockname())
        writer.write(b"ask")
        if first == "relay":
            writer.write_eof()
        assert await reader.read() == b"answer"
        if first == "server":
            writer.write_eof()
        await eventually(lambda: target.connections == 0)
        writer.close()


async def test_whoever_shares_a_port_where_nothing_listens_is_told(caplog: pytest.LogCaptureFixture) -> None:
    port = free_port()
    target = ServerTarget(LocalPort(port))
    await target.start()
    assert f"Nothing listens at http://localhost:{port} yet" in caplog.text

    caplog.clear()
    local = await asyncio.start_server(lambda _reader, writer: writer.close(), "127.0.0.1", port)
    async with local:
        await target.start()
    assert not caplog.text
