"""What a visitor can measure, over plain sockets: nothing between the clock and the wire."""

from __future__ import annotations

import socket
import ssl
import time
from dataclasses import dataclass


@dataclass(frozen=True)
class Place:
    """Where to connect, and which host to ask for. `tls` verifies against a CA's file."""

    address: str
    port: int
    host: str
    tls: ssl.SSLContext | None = None

    def connect(self) -> socket.socket:
        connection = self.connect_plain()
        if self.tls is not None:
            return self.tls.wrap_socket(connection, server_hostname=self.host.partition(":")[0])
        return connection

    def connect_plain(self) -> socket.socket:
        connection = socket.create_connection((self.address, self.port), timeout=60)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection

    def request(self, path: str = "/", *lines: str, method: str = "GET") -> bytes:
        return "\r\n".join([f"{method} {path} HTTP/1.1", f"Host: {self.host}", *lines, "", ""]).encode()


def cold(place: Place) -> float:
    """Seconds from nothing to the first byte of a good answer."""
    began = time.perf_counter()
    with place.connect() as connection:
        connection.sendall(place.request())
        first = connection.recv(65536)
        took = time.perf_counter() - began
    _check(first)
    return took


def warm(place: Place, count: int, pause: float = 0.0) -> list[float]:
    """Seconds of each of `count` small requests on one connection, the first one left out."""
    taken = []
    with place.connect() as connection:
        for _ in range(count + 1):
            began = time.perf_counter()
            connection.sendall(place.request())
            answer = connection.recv(65536)
            while not 0 < whole_length(answer) <= len(answer):
                answer += _more(connection)
            taken.append(time.perf_counter() - began)
            time.sleep(pause)
    return taken[1:]


def download(place: Place, size: int) -> float:
    """Seconds from the request to the last of `size` bytes, on a connection that is there."""
    with place.connect() as connection:
        began = time.perf_counter()
        connection.sendall(place.request(f"/download?bytes={size}"))
        answer = _more(connection)
        _check(answer)
        left = size - (len(answer) - answer.index(b"\r\n\r\n") - 4)
        while left > 0:
            left -= len(_more(connection))
        return time.perf_counter() - began


def upload(place: Place, size: int) -> float:
    """Seconds from the request to the answer that says that `size` bytes came."""
    with place.connect() as connection:
        began = time.perf_counter()
        connection.sendall(place.request("/upload", f"Content-Length: {size}", method="POST"))
        connection.sendall(bytes(size))
        answer = _more(connection)
        while not answer.endswith(b"%d" % size):
            answer += _more(connection)
        _check(answer)
        return time.perf_counter() - began


def events(place: Place, count: int) -> list[float]:
    """Seconds from an event's sending (both ends have one clock) to its arrival."""
    taken: list[float] = []
    with place.connect() as connection:
        connection.sendall(place.request(f"/events?count={count}&every=0.05"))
        text = b""
        while len(taken) < count:
            text += _more(connection)
            now = time.time()
            *whole, text = text.split(b"\n\n")
            taken += [now - float(event.rpartition(b"data: ")[2]) for event in whole if b"data: " in event]
    return taken


def echoes(place: Place, count: int) -> list[float]:
    """Seconds of each WebSocket message's way there and back."""
    from websockets.sync.client import connect

    taken = []
    with connect(
        f"{'wss' if place.tls else 'ws'}://{place.host}/ws",
        sock=place.connect_plain(),
        ssl=place.tls,
        proxy=None,
    ) as connection:
        for number in range(count):
            began = time.perf_counter()
            connection.send(f"{number}")
            if connection.recv(timeout=30) != f"{number}":
                raise ValueError("another message came back")
            taken.append(time.perf_counter() - began)
    return taken


def _more(connection: socket.socket) -> bytes:
    data = connection.recv(262144)
    if not data:
        raise ConnectionError("the connection ended in the middle of an answer")
    return data


def _check(answer: bytes) -> None:
    if not answer.startswith(b"HTTP/1.1 200 "):
        raise ValueError(f"not a good answer: {answer[:200]!r}")


def whole_length(answer: bytes) -> int:
    """Bytes of head and body together, or 0 while the head is not whole. Raises `ValueError` unless 200."""
    head, separator, _ = answer.partition(b"\r\n\r\n")
    if not separator:
        return 0
    status, *fields = head.split(b"\r\n")
    if status.split()[1] != b"200":
        raise ValueError(status.decode())
    lengths = [int(field.split(b":")[1]) for field in fields if field.lower().startswith(b"content-length:")]
    return len(head) + 4 + lengths[0]
