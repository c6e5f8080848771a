"""TLS on both legs, and an answer in the middle of an upload: who sends all before it reads gets it."""

from __future__ import annotations

import contextlib
import http.client
import ssl
from collections.abc import Iterator

import pytest

from tests.relay.test_tls import DOMAIN, TlsRelay, started
from tests.support import run_script
from tests.support.http import parse

MEGABYTE = 1024 * 1024
PIECES = 20
CLIENT = """
import socket, threading
from doorstep_client import share
from tests.http.app import app

def refuse(sock):
    while b"\\r\\n\\r\\n" not in sock.recv(65536):
        pass
    sock.sendall(b"HTTP/1.0 413 Content Too Large\\r\\n\\r\\ntoo large")
    sock.shutdown(socket.SHUT_WR)
    sock.close()

def serve(listener):
    while True:
        threading.Thread(target=refuse, args=(listener.accept()[0],)).start()

listener = socket.create_server(("127.0.0.1", 0))
threading.Thread(target=serve, args=(listener,), daemon=True).start()
links = [share(app, name="demo-app"), share(listener.getsockname()[1], name="demo-raw")]
print("READY", flush=True)
links[0].wait()
"""


@pytest.fixture(scope="module")
def relay(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TlsRelay]:
    folder = tmp_path_factory.mktemp("tls") / "relay"
    for relay in started(TlsRelay(folder, DOMAIN), DOMAIN):
        with run_script(CLIENT, env=relay.client_env()) as script:
            script.wait_for_line("READY")
            yield relay


@contextlib.contextmanager
def upload(
    relay: TlsRelay, host: str, path: str = "/", length: int = PIECES * MEGABYTE
) -> Iterator[ssl.SSLSocket]:
    with relay.handshake(host) as sock:
        sock.sendall(f"POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: {length}\r\n\r\n".encode())
        yield sock


@pytest.mark.parametrize(
    ("name", "path", "status"),
    [
        ("demo-app", "/too-large", 413),
        ("demo-app", "/refuse-in-the-middle", 413),
        ("demo-raw", "/", 413),
        ("nobody", "/", 404),
    ],
)
def test_a_sender_that_reads_only_at_its_end_gets_the_answer(
    relay: TlsRelay, name: str, path: str, status: int
) -> None:
    with upload(relay, f"{name}.{DOMAIN}", path) as sock:
        for _ in range(PIECES):
            sock.sendall(b"u" * MEGABYTE)
        answer = http.client.HTTPResponse(sock)
        answer.begin()
        said = answer.read()
    assert answer.status == status
    assert said == b"too large" if status == 413 else b"no-such-share" in said


def test_an_answer_without_a_length_ends_in_order(relay: TlsRelay) -> None:
    """With `close_notify`, or `read` would raise: the visitor knows that nothing was cut off."""
    with upload(relay, f"demo-raw.{DOMAIN}") as sock:
        sock.sendall(b"u" * MEGABYTE)
        sock.suppress_ragged_eofs = False
        got = b""
        while piece := sock.recv(65536):
            got += piece
    assert parse(got).body == b"too large"
