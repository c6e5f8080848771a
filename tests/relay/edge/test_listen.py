"""What every accepted connection has, whichever transports serve it."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import cast

import pytest
import trustme
import uvloop

from doorstep_relay.edge.certificates import Certificates, Pair
from doorstep_relay.edge.listen import bind, listen

MUCH = 32_000_000
"""Bytes, far more than the buffers between two sockets take."""


def trusted(folder: Path) -> tuple[Certificates, ssl.SSLContext]:
    """Certificates for 127.0.0.1, and what a visitor needs to trust them."""
    ca = trustme.CA()
    both = folder / "server.pem"
    ca.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(both)
    context = ssl.create_default_context()
    ca.configure_trust(context)
    return Certificates([Pair(both, both)]), context


class Accepted(asyncio.Protocol):
    """Remembers the socket of the one connection that comes."""

    def __init__(self) -> None:
        self.transport: asyncio.Future[asyncio.BaseTransport] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport.set_result(transport)


async def no_delay(certificates: Certificates | None, context: ssl.SSLContext | None) -> int:
    accepted = Accepted()
    sock = bind("127.0.0.1", 0)
    with closing(await listen(lambda: accepted, sock, certificates)):
        reader, writer = await asyncio.open_connection(*sock.getsockname(), ssl=context)
        async with asyncio.timeout(20):
            transport = await accepted.transport
        option: int = transport.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        transport.close()
        await reader.read()
        writer.close()
    return option


@pytest.mark.parametrize("loop", [uvloop.new_event_loop, asyncio.new_event_loop])
@pytest.mark.parametrize("tls", [False, True], ids=["plain", "tls"])
def test_small_answers_do_not_wait_for_a_round_trip(
    tls: bool, loop: Callable[[], asyncio.AbstractEventLoop], tmp_path: Path
) -> None:
    certificates, context = trusted(tmp_path) if tls else (None, None)
    with asyncio.Runner(loop_factory=loop) as runner:
        assert runner.run(no_delay(certificates, context))


class Greeting(asyncio.Protocol):
    """Says a word to whoever connects."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        talking = cast(asyncio.Transport, transport)
        talking.write(b"welcome")
        talking.close()


async def test_who_connects_before_anything_serves_waits_and_is_not_refused() -> None:
    sock = bind("127.0.0.1", 0)
    reader, writer = await asyncio.open_connection(*sock.getsockname())
    with closing(await listen(Greeting, sock)):
        async with asyncio.timeout(20):
            assert await reader.read() == b"welcome"
    writer.close()


class LastAnswer(asyncio.Protocol):
    """Says much and closes, as the edge does after an answer with `Connection: close`."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        talking = cast(asyncio.Transport, transport)
        talking.write(bytes(MUCH))
        talking.close()


async def test_who_reads_the_last_answer_slowly_gets_all_of_it_with_tls_too(tmp_path: Path) -> None:
    certificates, context = trusted(tmp_path)
    sock = bind("127.0.0.1", 0)
    with closing(await listen(LastAnswer, sock, certificates)):
        reader, writer = await asyncio.open_connection(*sock.getsockname(), ssl=context)
        await reader.readexactly(1)
        await asyncio.sleep(6)  # longer than a closing handshake alone may take with most servers
        async with asyncio.timeout(20):
            await reader.readexactly(MUCH - 1)
    writer.transport.abort()
    await asyncio.sleep(0)
