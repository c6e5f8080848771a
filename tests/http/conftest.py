"""The stage of these tests: set up once, because none of them breaks it."""

from __future__ import annotations

import socket
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from httpbin import app as httpbin_app
from pytest_httpbin import serve

from tests.http.stage import ROOT, Stage, client, uvicorn
from tests.http.wire import Play, RawServer
from tests.support import Process, Relay, clean_env, free_port


@pytest.fixture(scope="session")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("http")
    with ExitStack() as stack:
        raw = stack.enter_context(RawServer())
        httpbin = stack.enter_context(serve.Server(application=httpbin_app))
        relay = Relay(folder / "relay")
        token = relay.token("alice")
        stack.callback(relay.kill)
        relay.start()
        direct = {
            "port": uvicorn(stack, folder, "tests.http.app:app", "--http", "h11", "--ws", "wsproto"),
            "wsgi": uvicorn(stack, folder, "tests.http.bin:app"),
            "raw": raw.port,
            "bin": httpbin.port,
            "sockets": _sockets(stack, folder),
        }
        direct["app"] = direct["port"]
        targets = {**direct, "app": "tests.http.app:app", "wsgi": "tests.http.bin:app"}
        yield Stage(relay, raw, client(stack, relay.url, token, targets), direct)


def _sockets(stack: ExitStack, folder: Any) -> int:
    port = free_port()
    command = [sys.executable, "-m", "tests.http.sockets", str(port)]
    process = Process(command, log=folder / "sockets.log", env=clean_env(folder), cwd=ROOT)  # type: ignore[arg-type]
    stack.callback(process.kill)
    process.wait_for_line("listening")
    return port


@pytest.fixture
def play(stage: Stage) -> Iterator[Play]:
    """Visitors and the app behind the link `raw`, byte by byte."""
    play = Play(stage.raw, stage.host("raw"), stage.relay.port)
    yield play
    play.end()


@pytest.fixture(params=["app", "port"])
def name(request: pytest.FixtureRequest) -> str:
    """A link to `tests.http.app`: in the client's process, or on a port."""
    chosen: str = request.param
    return chosen


@pytest.fixture(autouse=True)
def loopback_names(monkeypatch: pytest.MonkeyPatch) -> None:
    """`*.localhost` is this computer for every library here, as it is for browsers (RFC 6761 6.3)."""
    resolve = socket.getaddrinfo

    def getaddrinfo(host: Any, *args: Any, **how: Any) -> Any:
        text = host.decode() if isinstance(host, bytes) else host
        return resolve("127.0.0.1" if str(text).endswith(".localhost") else host, *args, **how)

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
