"""rathole, as it ships: plain TCP between its two halves, a connection for each visitor's."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from bench.peers.programs import pair, ports
from bench.ways import Peer, Setting, Way

NAME = "rathole"

SERVER = """\
[server]
bind_addr = "127.0.0.1:{server_port}"
default_token = "bench"

[server.services.app]
bind_addr = "127.0.0.1:{port}"
"""

CLIENT = """\
[client]
remote_addr = "127.0.0.1:{server_port}"
default_token = "bench"

[client.services.app]
local_addr = "127.0.0.1:{app_port}"
"""


@contextlib.contextmanager
def rathole(setting: Setting) -> Iterator[Way]:
    place = setting.directory(NAME)
    server_port, port = ports()
    server, client = place / "server.toml", place / "client.toml"
    server.write_text(SERVER.format(server_port=server_port, port=port))
    client.write_text(CLIENT.format(server_port=server_port, app_port=setting.app.port))
    commands = [NAME, "--server", str(server)], [NAME, "--client", str(client)]
    with pair(NAME, setting, *commands, server_port=server_port, port=port, place=place) as way:
        yield way


PEERS = [Peer(NAME, rathole, (NAME,), "cargo install rathole")]
