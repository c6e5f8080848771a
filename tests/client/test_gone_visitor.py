"""What a server says when its visitor has gone is passed over, without a word in anybody's terminal."""

from __future__ import annotations

import asyncio
from typing import Any

from doorstep_client.network.dial import run_loop_factory
from doorstep_client.targets import LocalPort, ServerTarget
from tests.client.tunnels import local_server, tunnel_to
from tests.support import eventually

POST = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n"


async def leave_in_the_middle_of_an_upload() -> None:
    """The server has answered just then; on a connection that nobody reads for the moment."""
    heard, said = asyncio.Queue[bytes](), asyncio.Event()

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        for _ in range(2):
            heard.put_nowait(await reader.readexactly(3))
        writer.write(b"HTTP/1.1 413 Content Too Large\r\n\r\n")
        await writer.drain()
        said.set()
        await reader.read()

    async with local_server(handler) as port, asyncio.timeout(60):
        target = ServerTarget(LocalPort(port))
        async with tunnel_to(target) as (_, writer):
            writer.write(POST + b"one")
            assert await heard.get() == b"one"
            (pump,) = target._pumps
            pump.pause_writing()
            writer.write(b"two")
            assert await heard.get() == b"two"
            await said.wait()
            target.abort()
            await eventually(lambda: target.connections == 0)


def test_an_answer_that_comes_when_the_visitor_has_gone_is_nobodys() -> None:
    faults: list[Any] = []
    with asyncio.Runner(loop_factory=run_loop_factory()) as runner:
        runner.get_loop().set_exception_handler(lambda _loop, context: faults.append(context))
        runner.run(leave_in_the_middle_of_an_upload())

    assert faults == []
