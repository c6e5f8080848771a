"""The whole link with TLS in front of the relay, as operators run it: verified, and told when it is wrong."""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
from contextlib import suppress
from pathlib import Path
from typing import Self

import pytest
import trustme

from tests.link.clients import client
from tests.link.conftest import StartRelay
from tests.support import Relay, eventually, free_port, visit
from tests.support.servers import end_server

MEGABYTE = 1024 * 1024


class TlsFront:
    """Ends TLS and passes bytes on, as HAProxy or a load balancer would."""

    def __init__(self, context: ssl.SSLContext, port: int, onward: int) -> None:
        self._context = context
        self._port = port
        self._onward = onward
        self._ready = threading.Event()
        self._writers: list[asyncio.StreamWriter] = []
        self._sockets: list[socket.socket] = []
        self._stop: asyncio.Event
        self._loop: asyncio.AbstractEventLoop
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()))

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._ready.wait(20)
        return self

    def __exit__(self, *exc: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(20)

    async def _serve(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        server = await asyncio.start_server(self._connected, "127.0.0.1", self._port, ssl=self._context)
        self._ready.set()
        await self._stop.wait()
        await end_server(server)
        for writer in self._writers:
            _abort(writer)
        await eventually(lambda: all(sock.fileno() == -1 for sock in self._sockets))

    def _keep(self, writer: asyncio.StreamWriter) -> None:
        self._writers.append(writer)
        self._sockets.append(writer.get_extra_info("socket"))  # TLS forgets it when it is closed

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._keep(writer)
        there, onward = await asyncio.open_connection("127.0.0.1", self._onward)
        self._keep(onward)
        try:
            await asyncio.gather(_pump(reader, onward), _pump(there, writer))
        finally:
            _abort(writer)
            _abort(onward)


def _abort(writer: asyncio.StreamWriter) -> None:
    with suppress(AttributeError):  # TLS that was closed twice has ended, and in Python 3.11.2 has no abort
        writer.transport.abort()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError, RuntimeError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
        writer.close()


@pytest.fixture
def front_port() -> int:
    return free_port()


@pytest.fixture
def relay(start_relay: StartRelay, front_port: int) -> tuple[Relay, str]:
    return start_relay("--public-url", f"https://localhost:{front_port}")


@pytest.fixture
def ca(tmp_path: Path) -> trustme.CA:
    made = trustme.CA()
    made.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    return made


def _through(front_port: int, trusting: Path | None) -> dict[str, str]:
    """The client's environment: the relay behind the front, and the folder of the CA that it trusts."""
    trusted = {"SSL_CERT_FILE": str(trusting / "ca.pem")} if trusting else {}
    return {"DOORSTEP_RELAY": f"https://localhost:{front_port}", **trusted}


def _context(ca: trustme.CA, *names: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert(*names).configure_cert(context)
    return context


def test_a_link_over_tls_carries_whole_answers(
    relay: tuple[Relay, str], front_port: int, ca: trustme.CA, tmp_path: Path
) -> None:
    running, token = relay
    with (
        TlsFront(_context(ca, "localhost", "hello.localhost"), front_port, running.port),
        client(running, token, env=_through(front_port, tmp_path), name="hello") as one,
    ):
        assert one.url == f"https://hello.localhost:{front_port}"
        host = one.url.removeprefix("https://")
        answer = visit(f"http://127.0.0.1:{running.port}/big?{8 * MEGABYTE}", headers={"Host": host})

    assert (answer.status, len(answer.body)) == (200, 8 * MEGABYTE)


def test_a_certificate_that_lacks_the_links_own_name_is_told_to_the_user(
    relay: tuple[Relay, str], front_port: int, ca: trustme.CA, tmp_path: Path
) -> None:
    running, token = relay
    with (
        TlsFront(_context(ca, "localhost"), front_port, running.port),
        client(running, token, env=_through(front_port, tmp_path), name="hello") as one,
    ):
        one.told("Visitors cannot be served: no connection to hello.localhost .*certificate")
        assert "Traceback" not in one.process.output


def test_row_28_an_unknown_certificate_is_refused_and_the_token_stays_here(
    relay: tuple[Relay, str], front_port: int, ca: trustme.CA
) -> None:
    running, token = relay
    with (
        TlsFront(_context(ca, "localhost"), front_port, running.port),
        client(running, token, wait=False, env=_through(front_port, None)) as one,
    ):
        assert one.refused() == "UnreachableError"
        assert "certificate is not to be trusted" in one.process.output
        assert token not in one.process.output
