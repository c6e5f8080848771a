"""Handshakes under way are bounded, and none stays for ever."""

from __future__ import annotations

import asyncio
import errno
import gc
import socket
import ssl
import weakref
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest
import trustme
import uvloop

from doorstep_relay.edge import accept
from doorstep_relay.edge.accept import Acceptor
from doorstep_relay.edge.certificates import Certificates, Pair
from doorstep_relay.edge.listen import bind, listen
from tests.support import eventually

Loop = Callable[[], asyncio.AbstractEventLoop]


class Greeter(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        transport.write(b"hello")  # type: ignore[attr-defined]  # aiofastnet's are no subclass
        transport.close()


class ShortOfFiles(socket.socket):
    """The system has no descriptor left, for the first three connections."""

    refusals = 3

    def accept(self) -> tuple[socket.socket, object]:
        if self.refusals:
            self.refusals -= 1
            raise OSError(errno.EMFILE, "Too many open files")
        return super().accept()


@asynccontextmanager
async def relay(folder: Path, names: list[str]) -> AsyncIterator[tuple[int, ssl.SSLContext]]:
    """A TLS listener with a certificate for each name, and a context that trusts it."""
    ca, pairs = trustme.CA(), []
    for name in names:
        file = folder / f"{name}.pem"
        ca.issue_cert(name).private_key_and_cert_chain_pem.write_to_path(str(file))
        pairs.append(Pair(file, file))
    trusting = ssl.create_default_context()
    ca.configure_trust(trusting)
    sock = bind("127.0.0.1", 0)
    with closing(await listen(Greeter, sock, Certificates(pairs))):
        yield sock.getsockname()[1], trusting


async def greeting(port: int, trusting: ssl.SSLContext, name: str) -> bytes:
    async with asyncio.timeout(20):
        reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=trusting, server_hostname=name)
        heard = await reader.read()
        writer.close()
        return heard


@pytest.mark.parametrize("names", [["a.test"], ["a.test", "b.test"]], ids=["aiofastnet", "the loop's"])
def test_silent_connections_give_way_to_visitors(
    names: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(accept, "MOST_HANDSHAKES", 4)
    monkeypatch.setattr(accept, "GRACE", 0.3)

    async def flood() -> None:
        async with relay(tmp_path, names) as (port, trusting):
            silent = [await asyncio.open_connection("127.0.0.1", port) for _ in range(6)]
            async with asyncio.timeout(20):
                assert await silent[0][0].read() == b"", "the oldest make room"
            for _ in range(3):
                assert await greeting(port, trusting, names[-1]) == b"hello"
            for _, writer in silent:
                writer.transport.abort()

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(flood())


@pytest.mark.parametrize("names", [["a.test"], ["a.test", "b.test"]], ids=["aiofastnet", "the loop's"])
def test_more_visitors_at_once_than_handshakes_are_all_served_in_turn(
    names: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(accept, "MOST_HANDSHAKES", 4)

    async def rush() -> list[bytes]:
        async with relay(tmp_path, names) as (port, trusting):
            return await asyncio.gather(*(greeting(port, trusting, names[0]) for _ in range(40)))

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        assert runner.run(rush()) == [b"hello"] * 40


@pytest.mark.parametrize("loop", [uvloop.new_event_loop, asyncio.new_event_loop])
def test_without_descriptors_accepting_rests_and_goes_on(loop: Loop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(accept, "REST", 0.02)

    async def short() -> None:
        accepted: asyncio.Queue[socket.socket] = asyncio.Queue()
        bound = bind("127.0.0.1", 0)
        sock = ShortOfFiles(bound.family, bound.type, bound.proto, bound.detach())
        with closing(Acceptor(sock, accepted.put, backlog=8)), socket.create_connection(sock.getsockname()):
            async with asyncio.timeout(20):
                (await accepted.get()).close()
        assert sock.refusals == 0

    with asyncio.Runner(loop_factory=loop) as runner:
        runner.run(short())


async def test_a_listener_that_is_closed_while_it_rests_stays_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(accept, "REST", 0.02)
    bound = bind("127.0.0.1", 0)
    sock = ShortOfFiles(bound.family, bound.type, bound.proto, bound.detach())
    acceptor = Acceptor(sock, asyncio.Queue[socket.socket]().put, backlog=8)
    with socket.create_connection(sock.getsockname(), timeout=20):
        await eventually(lambda: sock.refusals < ShortOfFiles.refusals)
        acceptor.close()
        await asyncio.sleep(0.05)

    assert sock.refusals >= ShortOfFiles.refusals - 2


class Transport:
    """As aiofastnet's: what ended its handshake is kept in it."""

    error: OSError | None = None


def test_a_failed_handshake_leaves_nothing_for_the_collector() -> None:
    left: list[weakref.ref[Transport]] = []

    async def fail(sock: socket.socket) -> None:
        transport = Transport()
        left.append(weakref.ref(transport))
        sock.close()
        transport.error = ConnectionResetError()
        raise transport.error

    async def main() -> None:
        sock = bind("127.0.0.1", 0)
        with closing(Acceptor(sock, fail, backlog=8)), socket.create_connection(sock.getsockname()):
            await eventually(lambda: bool(left))
            await asyncio.sleep(0.01)

    gc.disable()
    try:
        uvloop.run(main())
        assert left[0]() is None
    finally:
        gc.enable()
