"""frp: `frps` and `frpc`, as they ship: TLS between them, every visitor multiplexed over one connection.

As a forwarded port, and as a virtual host (what a service with a name for each share runs).
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from bench.peers.programs import pair, ports
from bench.processes import free_port
from bench.ways import Peer, Setting, Way

TCP, HTTP = "frp", "frp http"
SHARE = "share.localhost"

SERVER = """\
bindAddr = "127.0.0.1"
bindPort = {server_port}
proxyBindAddr = "127.0.0.1"
vhostHTTPPort = {http_port}
auth.token = "bench"
log.to = "console"
log.level = "warn"
"""

CLIENT = """\
serverAddr = "127.0.0.1"
serverPort = {server_port}
auth.token = "bench"
log.to = "console"
log.level = "warn"

[[proxies]]
name = "app"
localIP = "127.0.0.1"
localPort = {app_port}
"""


@contextlib.contextmanager
def tcp(setting: Setting) -> Iterator[Way]:
    server_port, port = ports()
    proxy = f'type = "tcp"\nremotePort = {port}\n'
    with _frp(TCP, setting, proxy, server_port=server_port, http_port=free_port(), port=port) as way:
        yield way


@contextlib.contextmanager
def http(setting: Setting) -> Iterator[Way]:
    server_port, port = ports()
    proxy = f'type = "http"\ncustomDomains = ["{SHARE}"]\n'
    with _frp(
        HTTP, setting, proxy, server_port=server_port, http_port=port, port=port, host=f"{SHARE}:{port}"
    ) as way:
        yield way


@contextlib.contextmanager
def _frp(
    name: str, setting: Setting, proxy: str, *, server_port: int, http_port: int, port: int, host: str = ""
) -> Iterator[Way]:
    place = setting.directory(name)
    server, client = place / "frps.toml", place / "frpc.toml"
    server.write_text(SERVER.format(server_port=server_port, http_port=http_port))
    client.write_text(CLIENT.format(server_port=server_port, app_port=setting.app.port) + proxy)
    commands = ["frps", "-c", str(server)], ["frpc", "-c", str(client)]
    with pair(name, setting, *commands, server_port=server_port, port=port, place=place, host=host) as way:
        yield way


WHERE = "frps and frpc of a release of github.com/fatedier/frp, on PATH"
PEERS = [Peer(TCP, tcp, ("frps", "frpc"), WHERE), Peer(HTTP, http, ("frps", "frpc"), WHERE)]
