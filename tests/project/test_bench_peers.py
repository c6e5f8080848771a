"""The other tunnels are started as their documentation says, watched, and ended.

Few machines have them, so one small program stands in for all: it says how it was called, and the one
that would open the visitors' port answers there.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import tomllib
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import psutil
import pytest

from bench.peers import PEERS
from bench.peers.programs import missing
from bench.processes import answers, free_port
from bench.ways import Peer, Setting, Way, certificates
from tests.support import wait_for

STAND_IN = '''#!{python}
import json, pathlib, re, socket, sys, tomllib

def ports(arguments):
    """Where the real one would listen: for its client, and for visitors."""
    program, *rest = arguments
    texts = [pathlib.Path(word).read_text() for word in rest if word.endswith(".toml")]
    config = tomllib.loads(texts[0]) if texts else {{}}
    if program == "frps":
        return [config["bindPort"], config["vhostHTTPPort"]]
    if program == "frpc":
        return [proxy["remotePort"] for proxy in config["proxies"] if proxy["type"] == "tcp"]
    if program == "rathole" and "server" in config:
        places = config["server"], config["server"]["services"]["app"]
        return [int(place["bind_addr"].rpartition(":")[2]) for place in places]
    if rest[0] == "server":
        return [int(rest[rest.index("--port") + 1])] if "--port" in rest else [7835]
    if program == "bore":
        return [int(rest[rest.index("--port") + 1])]
    return [int(word.split(":")[2]) for word in rest if word.startswith("R:")]

name = pathlib.Path(sys.argv[0]).name
with open({calls!r}, "a") as calls:
    calls.write(json.dumps([name, *sys.argv[1:]]) + "\\n")
sockets = [socket.create_server(("127.0.0.1", port)) for port in ports([name, *sys.argv[1:]])]
while sockets:
    connection, _ = sockets[-1].accept()
    connection.recv(4096)
    connection.sendall(b"HTTP/1.1 200 OK\\r\\nContent-Length: 2\\r\\nConnection: close\\r\\n\\r\\nok")
    connection.close()
import time
time.sleep(60)
'''


@pytest.fixture
def setting(tmp_path: Path) -> Setting:
    app = Way("app", free_port(), "127.0.0.1", {"app": os.getpid()})
    return Setting(tmp_path, app, *certificates(tmp_path))


@pytest.fixture
def calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand-ins for all of them are on PATH; how they were called is written here."""
    programs, written = tmp_path / "bin", tmp_path / "calls"
    programs.mkdir()
    for name in ("frps", "frpc", "rathole", "bore", "chisel"):
        (programs / name).write_text(STAND_IN.format(python=sys.executable, calls=str(written)))
        (programs / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(programs), prepend=os.pathsep)
    return written


def peer(name: str) -> Peer:
    return next(each for each in PEERS if each.name == name)


def called(calls: Path, count: int) -> list[list[str]]:
    """The first `count`. The server's stand-in answers visitors when its client may not have begun yet."""
    lines = wait_for(lambda: found if len(found := calls.read_text().splitlines()) >= count else None)
    return [json.loads(line) for line in lines]


def config(word: str) -> dict[str, Any]:
    return tomllib.loads(Path(word).read_text())


@pytest.mark.parametrize("name", ["frp", "frp http", "rathole", "bore", "chisel"])
def test_both_halves_run_while_visitors_come_and_not_after(name: str, setting: Setting, calls: Path) -> None:
    assert not missing(*peer(name).programs)

    with peer(name).start(setting) as way:
        assert way.name == name
        assert set(way.pids) == {"relay", "client", "app"}
        halves = [psutil.Process(way.pids[role]) for role in ("relay", "client")]
        assert all(half.is_running() for half in halves)

    assert not any(half.is_running() for half in halves)


def test_frp_leads_a_port_or_a_name_to_the_app(setting: Setting, calls: Path) -> None:
    with peer("frp").start(setting) as tcp, peer("frp http").start(setting) as http:
        whole = called(calls, 4)

    servers = [config(call[2]) for call in whole if call[:2] == ["frps", "-c"]]
    clients = [config(call[2]) for call in whole if call[:2] == ["frpc", "-c"]]
    assert [client["serverPort"] for client in clients] == [server["bindPort"] for server in servers]
    proxies = [client["proxies"][0] for client in clients]
    assert [proxy["localPort"] for proxy in proxies] == [setting.app.port] * 2
    assert proxies[0]["remotePort"] == tcp.port
    assert http.host == f"{proxies[1]['customDomains'][0]}:{servers[1]['vhostHTTPPort']}"
    assert all("transport" not in each for each in servers + clients)  # TLS and all as it ships


def test_ratholes_two_files_agree(setting: Setting, calls: Path) -> None:
    with peer("rathole").start(setting) as way:
        whole = called(calls, 2)

    server, client = (config(call[2]) for call in whole)
    assert [call[1] for call in whole] == ["--server", "--client"]
    assert client["client"]["remote_addr"] == server["server"]["bind_addr"]
    assert client["client"]["default_token"] == server["server"]["default_token"]
    assert client["client"]["services"]["app"]["local_addr"] == f"127.0.0.1:{setting.app.port}"
    assert server["server"]["services"]["app"]["bind_addr"] == f"127.0.0.1:{way.port}"


def test_bore_and_chisel_are_told_all_by_arguments(setting: Setting, calls: Path) -> None:
    with peer("bore").start(setting) as bore:
        called(calls, 2)
    with peer("chisel").start(setting) as chisel:
        called(calls, 4)

    server, client, other, remote = called(calls, 4)
    assert server[:2] == ["bore", "server"]
    assert client[:3] == ["bore", "local", str(setting.app.port)]
    assert client[client.index("--port") + 1] == str(bore.port)
    assert "--reverse" in other
    assert remote[-1] == f"R:127.0.0.1:{chisel.port}:127.0.0.1:{setting.app.port}"
    assert remote[-2] == f"http://127.0.0.1:{other[other.index('--port') + 1]}"


def test_what_a_machine_has_not_is_told_with_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")

    assert missing(*peer("frp").programs) == ["frps", "frpc"]
    assert all(each.install for each in PEERS if each.programs)


def test_a_peer_that_does_not_come_up_is_ended_and_shows_its_last_words(
    setting: Setting, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "rathole").write_text("#!/bin/sh\necho no such option; exit 2\n")
    (programs / "rathole").chmod(0o755)
    monkeypatch.setenv("PATH", str(programs), prepend=os.pathsep)
    monkeypatch.setattr("bench.processes.PATIENCE", 4.0)

    with pytest.raises(TimeoutError, match="no such option"), peer("rathole").start(setting):
        pass


@pytest.mark.parametrize("name", ["nginx", "nginx tls"])
def test_nginx_passes_visitors_on_to_the_app(name: str, setting: Setting) -> None:
    """The real one: it is among the packages that the tests need."""
    address = ("127.0.0.1", setting.app.port)
    with ThreadingHTTPServer(address, Hello) as app, ThreadPoolExecutor() as pool:
        serving = pool.submit(app.serve_forever)
        try:
            with peer(name).start(setting) as way:
                assert answers(way.port, way.host, way.ca)
                assert (way.ca is None) == (name == "nginx")
        finally:
            app.shutdown()
        serving.result(20)


class Hello(BaseHTTPRequestHandler):
    def do_GET(self) -> None:  # noqa: N802  # http.server's name
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


def test_before_sshs_port_nginx_speaks_tls_and_both_are_counted(setting: Setting) -> None:
    with ThreadingHTTPServer(("127.0.0.1", setting.app.port), Page) as app:
        threading.Thread(target=app.serve_forever, daemon=True).start()
        try:
            with peer("ssh -R tls").start(setting) as way:
                assert set(way.pids) == {"front", "relay", "client", "app"}
                assert answers(way.port, way.host, setting.ca)
        finally:
            app.shutdown()


class Page(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Says nothing."""
