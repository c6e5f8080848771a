"""One visitor who moves much: `python -m bench.loads.bulk PORT HOST download|upload BYTES`.

Over a plain blocking socket. With `--seconds` the download starts again until they have passed,
with `--rate` (MB/s) it is read no faster. Prints MB as `count`.
"""

from __future__ import annotations

import argparse
import json
import socket
import time
from pathlib import Path

from bench.ways import trust

BLOCK = memoryview(bytes(1 << 20))
MEGABYTE = 1_000_000


def main() -> None:
    options = arguments()
    start, cpu = time.perf_counter(), time.process_time()
    with connect(options) as connection:
        move = download if options.direction == "download" else upload
        moved = move(connection, options, start)
    found = {"count": moved / MEGABYTE, "duration": time.perf_counter() - start}
    print(json.dumps({**found, "generator": time.process_time() - cpu, "errors": 0}))


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.loads.bulk")
    parser.add_argument("port", type=int)
    parser.add_argument("host")
    parser.add_argument("direction", choices=["download", "upload"])
    parser.add_argument("bytes", type=int)
    parser.add_argument("--ca", type=Path)
    parser.add_argument("--seconds", type=float, default=0)
    parser.add_argument("--rate", type=float, default=0)
    return parser.parse_args()


def connect(options: argparse.Namespace) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", options.port), timeout=60)
    context = trust(options.ca)
    if context is None:
        return connection
    return context.wrap_socket(connection, server_hostname=options.host.partition(":")[0])


def download(connection: socket.socket, options: argparse.Namespace, start: float) -> int:
    request = f"GET /download?bytes={options.bytes} HTTP/1.1\r\nHost: {options.host}\r\n\r\n".encode()
    moved = 0
    while not moved or time.perf_counter() < start + options.seconds:
        connection.sendall(request)
        moved += receive(connection, options, start, moved)
    return moved


def receive(connection: socket.socket, options: argparse.Namespace, start: float, before: int) -> int:
    """One whole body, at the rate that was asked for. Raises `ConnectionError` when it ends early."""
    buffer = bytearray(len(BLOCK))
    received = len(head(connection)[1])
    while received < options.bytes:
        count = connection.recv_into(buffer)
        if not count:
            raise ConnectionError(f"{received} of {options.bytes} bytes came")
        received += count
        if options.rate:
            early = start + (before + received) / MEGABYTE / options.rate - time.perf_counter()
            time.sleep(max(0.0, early))
    return received


def upload(connection: socket.socket, options: argparse.Namespace, _start: float) -> int:
    size: int = options.bytes
    lines = ["POST /upload HTTP/1.1", f"Host: {options.host}", f"Content-Length: {size}", "", ""]
    connection.sendall("\r\n".join(lines).encode())
    for offset in range(0, size, len(BLOCK)):
        connection.sendall(BLOCK[: size - offset])
    _, body = head(connection)
    counted = body or connection.recv(64)
    if int(counted) != size:
        raise ConnectionError(f"{counted!r} of {size} bytes arrived")
    return size


def head(connection: socket.socket) -> tuple[bytes, bytes]:
    """The head of an answer, and what came of its body with it. Raises `ConnectionError` unless 200."""
    got = b""
    while b"\r\n\r\n" not in got:
        more = connection.recv(1 << 16)
        if not more:
            raise ConnectionError("no answer")
        got += more
    lines, _, rest = got.partition(b"\r\n\r\n")
    if lines.split()[1] != b"200":
        raise ConnectionError(lines.partition(b"\r\n")[0].decode())
    return lines, rest


if __name__ == "__main__":
    main()
