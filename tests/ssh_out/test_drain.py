"""Closing a link through an SSH server waits for requests that are under way, and for nothing else."""

from __future__ import annotations

import asyncio
import http.client
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from tests.link.app import app
from tests.ssh_out.conftest import OpenLink, StartServer
from tests.support import free_port

DRAIN = 40.0
SOON = 20.0
"""Seconds: less than `DRAIN`, and much for a busy machine."""


SLOW = 3.0
"""Seconds that `/slow` takes."""

arrived = threading.Event()
"""A request for `/slow` is with the target."""


async def slow_app(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] == "http" and scope["path"] == "/slow":
        arrived.set()
        await asyncio.sleep(SLOW)
    await app(scope | {"path": "/"}, receive, send)


class Handler(BaseHTTPRequestHandler):
    """Keeps connections."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if self.path == "/slow":
            arrived.set()
            time.sleep(SLOW)  # an answer that a drain has to wait for
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *args: object) -> None: ...


@pytest.fixture(params=["an app", "a port"])
def target(request: pytest.FixtureRequest) -> Iterator[Any]:
    if request.param == "an app":
        yield slow_app
        return
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def a_visitor_who_stays(port: int) -> Iterator[http.client.HTTPConnection]:
    """Somebody who has been answered, and keeps the connection."""
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=DRAIN)) as connection:
        connection.request("GET", "/")
        assert connection.getresponse().read()
        yield connection


def test_a_connection_without_a_request_is_not_waited_for(
    start_server: StartServer, open_link: OpenLink, target: Any
) -> None:
    port = free_port()
    link = open_link(start_server(), f"remote={port}", target=target)
    with a_visitor_who_stays(port) as visitor:
        began = time.monotonic()
        link.close(drain=DRAIN)
        assert time.monotonic() - began < SOON
        assert visitor.sock.recv(1) == b"", "it is told that nothing follows"


def test_a_request_under_way_is_answered(start_server: StartServer, open_link: OpenLink, target: Any) -> None:
    arrived.clear()
    port, answers = free_port(), []
    link = open_link(start_server(), f"remote={port}", target=target)
    with a_visitor_who_stays(port) as visitor:
        visitor.request("GET", "/slow")
        asking = threading.Thread(target=lambda: answers.append(visitor.getresponse().read()))
        asking.start()
        assert arrived.wait(DRAIN)
        link.close(drain=DRAIN)
        asking.join(DRAIN)
    assert len(answers) == 1
    assert answers[0].startswith(b"{")
