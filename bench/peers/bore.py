"""bore, as it ships: plain TCP between its two halves, a connection for each visitor's."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from bench.peers.programs import pair
from bench.processes import free_port
from bench.ways import Peer, Setting, Way

NAME = "bore"
CONTROL_PORT = 7835
"""It has no other: whatever listens there already is in the way."""


@contextlib.contextmanager
def bore(setting: Setting) -> Iterator[Way]:
    place, port = setting.directory(NAME), free_port()
    server = [NAME, "server", "--min-port", "1024"]
    client = [NAME, "local", str(setting.app.port), "--local-host", "127.0.0.1"]
    client += ["--to", "127.0.0.1", "--port", str(port)]
    with pair(NAME, setting, server, client, server_port=CONTROL_PORT, port=port, place=place) as way:
        yield way


PEERS = [Peer(NAME, bore, (NAME,), "cargo install bore-cli")]
