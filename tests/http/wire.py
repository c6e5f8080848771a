"""Both ends of a link as plain sockets: what is sent is these bytes, what came is every byte.

    visitor = play.visitor(play.request("GET /a"))
    app = play.app()                       # the connection on which that request has arrived
    assert app.head.startswith(b"GET /a HTTP/1.1")
    app.send(b"HTTP/1.1 200 OK\\r\\nContent-Length: 2\\r\\n\\r\\nhi")
    assert visitor.answer().body == b"hi"

Every wait has a deadline. A request finds its test by the field `Play`, because a link's
connections are used again.
"""

from __future__ import annotations

import itertools
import queue
import re
import select
import socket
import struct
import threading
from collections import defaultdict
from contextlib import suppress
from typing import Self

from tests.support import Answer, wait_for
from tests.support.http import parse

DEADLINE = 45.0
_BODILESS = re.compile(rb"HTTP/1\.1 (?:1..|204|304) ")
_LENGTH = re.compile(rb"\r\ncontent-length: *([0-9]+)", re.IGNORECASE)
_PLAY = re.compile(rb"\r\nPlay: (\w+)\r\n", re.IGNORECASE)


class Wire:
    """One end of a connection. `head` is the request that arrived on it, at an app's end."""

    def __init__(self, sock: socket.socket) -> None:
        sock.settimeout(DEADLINE)
        self.sock = sock
        self.head = b""
        self._data = b""

    def send(self, data: bytes) -> None:
        self.sock.sendall(data)

    def until(self, mark: bytes) -> bytes:
        """What comes, up to and with `mark`."""
        while mark not in self._data:
            self._more()
        return self._take(self._data.index(mark) + len(mark))

    def exactly(self, size: int) -> bytes:
        while len(self._data) < size:
            self._more()
        return self._take(size)

    def rest(self) -> bytes:
        """Everything to the end. Raises `ConnectionResetError` when that was no clean end."""
        while part := self.sock.recv(65536):
            self._data += part
        return self._take(len(self._data))

    def next_head(self) -> bytes:
        return self.until(b"\r\n\r\n")

    def answer(self, *, to_head: bool = False) -> Answer:
        """The next answer, interim ones too; its body must have a Content-Length."""
        head = self.next_head()
        length = _LENGTH.search(head)
        if to_head or _BODILESS.match(head) or not length:
            return parse(head.replace(b"Transfer-Encoding", b"Said-Encoding"))
        return parse(head + self.exactly(int(length[1])))

    def last_answer(self) -> Answer:
        """The next answer, which also ends the connection."""
        return parse(self.rest())

    def silent(self, seconds: float = 0.2) -> bool:
        """Whether nothing comes for a moment, not even the end."""
        if self._data:
            return False
        self.sock.settimeout(seconds)
        try:
            self._data = self.sock.recv(65536)
        except TimeoutError:
            return True
        finally:
            self.sock.settimeout(DEADLINE)
        return False

    def gone(self) -> bool:
        """Whether the connection ends, in order or not, with nothing more said."""
        try:
            return self.rest() == b""
        except ConnectionResetError:
            return True

    def half_close(self) -> None:
        self.sock.shutdown(socket.SHUT_WR)

    def reset(self) -> None:
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()

    def close(self) -> None:
        self.sock.close()

    def retire(self) -> None:
        """End it, and wait until the link has seen that: no later visitor is sent here."""
        with suppress(OSError):
            self.half_close()
            while self.sock.recv(65536):
                pass
        self.sock.close()

    def _more(self) -> None:
        part = self.sock.recv(65536)
        if not part:
            raise EOFError(f"the connection ended after {self._data!r}")
        self._data += part

    def _take(self, size: int) -> bytes:
        taken, self._data = self._data[:size], self._data[size:]
        return taken


class RawServer:
    """A port that says nothing by itself: it reads one head of each connection and lets its test go on."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port: int = self._listener.getsockname()[1]
        self._arrived: dict[bytes, queue.SimpleQueue[Wire]] = defaultdict(queue.SimpleQueue)
        self._wires: list[Wire] = []
        self._thread = threading.Thread(target=self._accept, name="raw server")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(DEADLINE)
        for wire in self._wires:
            wire.close()

    def arrived(self, play: str) -> Wire | None:
        """A connection that began with a request of that test."""
        try:
            return self._arrived[play.encode()].get_nowait()
        except queue.Empty:
            return None

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                wire = Wire(self._listener.accept()[0])
                self._wires.append(wire)
                threading.Thread(target=self._read_head, args=(wire,), name="raw head").start()

    def _read_head(self, wire: Wire) -> None:
        try:
            wire.head = wire.next_head()
        except (OSError, EOFError):
            wire.close()
            return
        found = _PLAY.search(wire.head)
        if found is None:
            wire.reset()
        else:
            self._arrived[found[1]].put(wire)


class Play:
    """What one test needs: visitors, the app's end of their requests, and the end of them all."""

    _numbers = itertools.count(1)

    def __init__(self, raw: RawServer, host: str, port: int) -> None:
        self.host = host
        """What visitors write into `Host`."""
        self.name = f"p{next(self._numbers)}"
        self._raw = raw
        self._port = port
        self._visitors: list[Wire] = []
        self._apps: list[Wire] = []

    def request(self, start: str | bytes, *fields: str | bytes, version: str = "1.1") -> bytes:
        """A request head. `start` is the method and the target."""
        lines = [_bytes(start) + f" HTTP/{version}".encode(), f"Host: {self.host}".encode()]
        lines += [f"Play: {self.name}".encode(), *map(_bytes, fields), b"", b""]
        return b"\r\n".join(lines)

    def visitor(self, data: bytes = b"") -> Wire:
        wire = Wire(socket.create_connection(("127.0.0.1", self._port)))
        self._visitors.append(wire)
        if data:
            wire.send(data)
        return wire

    def app(self) -> Wire:
        """The connection on which this play's next request has come to the app: a new one, or one again."""
        return wait_for(self._next_app, DEADLINE, what="a request at the app")

    def _next_app(self) -> Wire | None:
        fresh = self._raw.arrived(self.name)
        if fresh is not None:
            self._apps.append(fresh)
            return fresh
        for known in self._apps:
            if known.sock.fileno() >= 0 and select.select([known.sock], [], [], 0)[0]:
                with suppress(EOFError, OSError):
                    known.head = known.next_head()
                    return known
        return None

    def pair(
        self, start: str | bytes = "GET /", *fields: str | bytes, body: bytes = b""
    ) -> tuple[Wire, Wire]:
        """A visitor whose request has come to an app that has not answered."""
        visitor = self.visitor(self.request(start, *fields) + body)
        return visitor, self.app()

    def end(self) -> None:
        for visitor in self._visitors:
            visitor.close()
        for app in self._apps:
            app.retire()


def _bytes(text: str | bytes) -> bytes:
    return text.encode() if isinstance(text, str) else text
