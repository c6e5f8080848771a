"""Who is refused in the middle of an upload reads why: the app's server would reset the connection."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing, suppress

import pytest

import doorstep as ds
from doorstep import lingering
from tests.support.http import Answer, parse
from tests.ui.support import Served, served

DEADLINE = 20.0
MEGABYTE = 1 << 20
PATHS = ("/gradio_api/upload", "/doorstep/upload", "/gradio_api/nothing", "/gradio_api/call/predict")


@pytest.fixture(scope="module")
def server() -> Iterator[Served]:
    with served(ds.Interface(lambda each: each, "text", "text"), max_file_size="1mb") as server:
        yield server


def connect(server: Served) -> closing[socket.socket]:
    return closing(socket.create_connection(("127.0.0.1", server.port), DEADLINE))


def head(path: str, length: int, *fields: str) -> bytes:
    lines = [f"POST {path} HTTP/1.1", "Host: 127.0.0.1", "Content-Type: multipart/form-data; boundary=b"]
    return "\r\n".join([*lines, f"Content-Length: {length}", *fields, "", ""]).encode()


PART = b'--b\r\nContent-Disposition: form-data; name="files"; filename="a"\r\n\r\n'


def read_to_the_end(sock: socket.socket) -> Answer:
    got = b""
    while piece := sock.recv(65536):
        got += piece
    return parse(got)


@pytest.mark.parametrize("path", PATHS)
def test_a_sender_that_reads_only_at_its_end_reads_why_it_was_refused(server: Served, path: str) -> None:
    with connect(server) as sock:
        sock.sendall(head(path, 20 * MEGABYTE) + PART)
        for _ in range(19):
            sock.sendall(b"u" * MEGABYTE)
        sock.sendall(b"u" * (MEGABYTE - len(PART)))
        answer = read_to_the_end(sock)

    assert answer.status in {404, 413, 422}
    assert answer.header("Connection") == "close"
    if path == "/gradio_api/upload":
        assert (answer.status, answer.json()["detail"]) == (
            413,
            "a is too big: at most 1,048,576 bytes are allowed",
        )


def test_a_foreign_page_is_refused_before_its_upload_is_read(server: Served) -> None:
    with connect(server) as sock:
        sock.sendall(head("/gradio_api/upload", 20 * MEGABYTE, "Origin: https://evil.example"))
        sock.sendall(b"u" * (20 * MEGABYTE))
        assert read_to_the_end(sock).status == 403


def test_a_short_rest_is_read_and_the_connection_stays(server: Served) -> None:
    with connect(server) as sock:
        for _ in range(2):
            sock.sendall(head("/gradio_api/upload", 10_000, "Origin: https://evil.example"))
            sock.sendall(b"u" * 10_000)
            got = b""
            while not got.endswith(b"}"):
                got += sock.recv(65536)
            assert parse(got).header("Connection") is None


def test_who_expects_a_100_is_answered_without(server: Served) -> None:
    with connect(server) as sock:
        foreign = "Origin: https://evil.example"
        sock.sendall(head("/gradio_api/upload", 20 * MEGABYTE, foreign, "Expect: 100-continue"))
        sock.shutdown(socket.SHUT_WR)
        answer = read_to_the_end(sock)
    assert (answer.status, answer.header("Connection")) == (403, "close")


def test_who_never_stops_is_cut_in_time(server: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lingering, "LONGEST", 0.3)
    begun = time.monotonic()
    with connect(server) as sock:
        sock.sendall(head("/gradio_api/nothing", 10**12))
        with pytest.raises(ConnectionError):
            send_for_ever(sock)
    assert time.monotonic() - begun < DEADLINE / 2


def send_for_ever(sock: socket.socket) -> None:
    while True:
        sock.sendall(b"u" * 1000)
        time.sleep(0.01)


def test_who_sends_nothing_more_is_cut_in_time(server: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lingering, "IDLE", 0.1)
    with connect(server) as sock:
        sock.sendall(head("/gradio_api/nothing", 10**12))
        assert read_to_the_end(sock).status == 404


def test_many_at_once_are_all_told(server: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lingering, "LONGEST", 100.0)  # a busy machine takes its time for all of it
    told: list[int] = []

    def upload() -> None:
        with suppress(OSError), connect(server) as sock:
            sock.sendall(head("/gradio_api/upload", 8 * MEGABYTE) + PART)
            sock.sendall(b"u" * (8 * MEGABYTE - len(PART)))
            told.append(read_to_the_end(sock).status)

    threads = [threading.Thread(target=upload) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert told == [413] * 20
