"""HTTP as bytes: what was sent and what came back, with no library in between to tidy it up."""

from __future__ import annotations

import json
import socket
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Answer:
    """One response. `headers` keeps order, case and repetition; `raw` is every byte that came."""

    status: int
    reason: str
    headers: list[tuple[str, str]]
    body: bytes
    raw: bytes

    def header(self, name: str) -> str | None:
        """The first header of that name, in any case."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)

    @property
    def text(self) -> str:
        return self.body.decode()

    def json(self) -> Any:
        return json.loads(self.body)


def raw_request(
    port: int,
    request: bytes,
    *,
    host: str = "127.0.0.1",
    deadline: float = 45.0,
    half_close: bool = False,
) -> bytes:
    """Send exactly these bytes and return every byte until the other side closes.

    Raises `TimeoutError` when `deadline` seconds pass without one more byte.
    """
    with socket.create_connection((host, port), timeout=deadline) as connection:
        connection.sendall(request)
        if half_close:
            connection.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: connection.recv(65536), b""))


def visit(
    url: str,
    *,
    method: str = "GET",
    headers: dict[str, str] | None = None,
    body: bytes = b"",
    deadline: float = 45.0,
) -> Answer:
    """Fetch an `http://NAME.localhost:PORT/…` URL as a visitor: connects to loopback, says NAME in `Host`.

    Reads one whole response, by its own framing; `raw_request` is for what comes after it, or never ends.
    """
    parts = urlsplit(url)
    if parts.scheme != "http" or parts.hostname is None:
        raise ValueError(f"visit takes an http:// URL, not {url!r}")
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    fields = {"Host": parts.netloc, **(headers or {})}
    if body:
        fields.setdefault("Content-Length", str(len(body)))
    head = f"{method} {target} HTTP/1.1\r\n" + "".join(f"{k}: {v}\r\n" for k, v in fields.items()) + "\r\n"
    raw = b""
    with socket.create_connection(("127.0.0.1", parts.port or 80), timeout=deadline) as connection:
        connection.sendall(head.encode() + body)
        while not is_whole(raw, method) and (data := connection.recv(65536)):
            raw += data
    return parse(raw)


def is_whole(raw: bytes, method: str = "GET") -> bool:
    """Whether these bytes hold a response to its end; one without framing ends with its connection."""
    head, separator, body = raw.partition(b"\r\n\r\n")
    if not separator:
        return False
    status_line, *lines = head.lower().split(b"\r\n")
    fields = {name: value.strip() for name, _, value in (line.partition(b":") for line in lines)}
    if method == "HEAD" or status_line.split()[1] in (b"204", b"304"):
        return True
    if fields.get(b"transfer-encoding", b"").endswith(b"chunked"):
        return _is_last_chunk_there(body)
    return b"content-length" in fields and len(body) >= int(fields[b"content-length"])


def parse(raw: bytes) -> Answer:
    """One whole response from the bytes of a connection that was closed after it."""
    head, separator, rest = raw.partition(b"\r\n\r\n")
    if not separator:
        raise ValueError(f"no HTTP response: {raw[:200]!r}")
    status_line, *lines = head.decode("latin-1").split("\r\n")
    _, status, reason = [*status_line.split(" ", 2), ""][:3]
    headers = [(name, value.strip()) for name, _, value in (line.partition(":") for line in lines)]
    chunked = any(k.lower() == "transfer-encoding" and "chunked" in v.lower() for k, v in headers)
    return Answer(int(status), reason, headers, _dechunk(rest) if chunked else rest, raw)


def _is_last_chunk_there(body: bytes) -> bool:
    try:
        _dechunk(body)
    except ValueError:
        return False
    return True


def _dechunk(data: bytes) -> bytes:
    body = b""
    while True:
        size_line, separator, data = data.partition(b"\r\n")
        if not separator:
            raise ValueError("a chunked body that ends early")
        size = int(size_line.split(b";")[0], 16)
        if size == 0:
            return body
        if len(data) < size + 2:
            raise ValueError("a chunk that ends early")
        body, data = body + data[:size], data[size + 2 :]
