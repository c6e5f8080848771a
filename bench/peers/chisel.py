"""chisel, as it ships: SSH inside one WebSocket, every visitor a channel of it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from bench.peers.programs import pair, ports
from bench.ways import Peer, Setting, Way

NAME = "chisel"


@contextlib.contextmanager
def chisel(setting: Setting) -> Iterator[Way]:
    place = setting.directory(NAME)
    server_port, port = ports()
    server = [NAME, "server", "--host", "127.0.0.1", "--port", str(server_port), "--reverse"]
    remote = f"R:127.0.0.1:{port}:127.0.0.1:{setting.app.port}"
    client = [NAME, "client", f"http://127.0.0.1:{server_port}", remote]
    with pair(NAME, setting, server, client, server_port=server_port, port=port, place=place) as way:
        yield way


PEERS = [Peer(NAME, chisel, (NAME,), "go install github.com/jpillora/chisel@latest")]
