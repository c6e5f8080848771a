"""What stands between a client and its relay: nginx, tinyproxy and squid from Debian."""

from __future__ import annotations

import contextlib
import shutil
import socket
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.support import Process, clean_env, free_port, wait_for

PATH = "/usr/sbin:/usr/bin"

_NGINX = """
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log stderr warn;
events {{ worker_connections 512; }}
http {{
    access_log {folder}/access.log;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port}{ssl};
        {tls}
        proxy_http_version 1.1;
        proxy_set_header Host $http_host;
        proxy_read_timeout 600s;
        location = /.doorstep/session {{
            proxy_pass {relay};
            {session}
        }}
        location / {{
            proxy_pass {relay};
            {elsewhere}
        }}
    }}
}}
"""
UPGRADE = """
            proxy_set_header Host $http_host;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection "upgrade";
"""


@dataclass(frozen=True)
class Middlebox:
    """A program that listens on `port` of loopback."""

    port: int
    process: Process
    folder: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def access(self) -> str:
        """What it noted of the requests that it has seen."""
        logs = list(self.folder.glob("access.log"))
        return "".join(path.read_text(errors="replace") for path in logs) + self.process.output


@contextlib.contextmanager
def nginx(
    folder: Path,
    relay: str,
    *,
    session: str = UPGRADE,
    elsewhere: str = "",
    tls: str = "",
    port: int | None = None,
) -> Iterator[Middlebox]:
    """A reverse proxy that forwards Upgrade for sessions, and, as it is by default, not elsewhere."""
    port = port or free_port()
    folder.mkdir()
    config = _NGINX.format(
        folder=folder,
        port=port,
        relay=relay,
        session=session,
        elsewhere=elsewhere,
        tls=tls,
        ssl=" ssl" if tls else "",
    )
    (folder / "nginx.conf").write_text(config)
    with _running("nginx", ["-c", str(folder / "nginx.conf"), "-p", str(folder)], folder, port) as box:
        yield box


@contextlib.contextmanager
def tinyproxy(folder: Path, *, user: str = "", password: str = "") -> Iterator[Middlebox]:
    """A forward proxy; with `user` it wants credentials."""
    port = free_port()
    folder.mkdir()
    lines = [f"Port {port}", "Listen 127.0.0.1", "Allow 127.0.0.1", "LogLevel Connect", "MaxClients 100"]
    if user:
        lines.append(f"BasicAuth {user} {password}")
    (folder / "tinyproxy.conf").write_text("\n".join([*lines, ""]))
    with _running("tinyproxy", ["-d", "-c", str(folder / "tinyproxy.conf")], folder, port) as box:
        yield box


@contextlib.contextmanager
def squid(
    *, user: str = "", password: str = "", certificate: str = "", hosts: Mapping[str, str] = {}
) -> Iterator[Middlebox]:
    """A forward proxy; with `user` it wants credentials, with a `certificate` (PEM) TLS leads to it.

    `hosts` are names that it knows.
    """
    with TemporaryDirectory(prefix="doorstep-squid-") as name:
        folder = Path(name)
        folder.chmod(0o777)  # started by root, squid is somebody else
        port = free_port()
        known = {"localhost": "127.0.0.1", **hosts}
        (folder / "hosts").write_text("".join(f"{address} {host}\n" for host, address in known.items()))
        _configure_squid(folder, port, user, password, certificate)
        service = f"doorstep{port}"  # its shared memory is named for it, and outlives a kill
        with _running("squid", ["-N", "-n", service, "-f", str(folder / "squid.conf")], folder, port) as box:
            yield box
            box.process.stop()


def _configure_squid(folder: Path, port: int, user: str, password: str, certificate: str) -> None:
    if certificate:
        (folder / "proxy.pem").write_text(certificate)
    kind = (
        f"https_port 127.0.0.1:{port} tls-cert={folder}/proxy.pem"
        if certificate
        else f"http_port 127.0.0.1:{port}"
    )
    lines = [
        kind,
        f"pid_filename {folder}/squid.pid",
        f"access_log stdio:{folder}/access.log",
        f"cache_log {folder}/cache.log",
        "cache_store_log none",
        "cache deny all",
        "shutdown_lifetime 0 seconds",
        f"coredump_dir {folder}",
        "pinger_enable off",
        f"hosts_file {folder}/hosts",
    ]
    if user:
        helper = folder / "helper.sh"
        helper.write_text(
            "#!/bin/sh\nwhile read -r given\n"
            f'do [ "$given" = "{user} {password}" ] && echo OK || echo ERR\ndone\n'
        )
        helper.chmod(0o755)
        lines += [
            f"auth_param basic program {helper}",
            "auth_param basic children 1",
            "acl known proxy_auth REQUIRED",
            "http_access allow known",
        ]
    else:
        lines.append("http_access allow localhost")
    lines.append("http_access deny all")
    (folder / "squid.conf").write_text("\n".join([*lines, ""]))


@contextlib.contextmanager
def haproxy(folder: Path, relay_port: int, *, pem: Path, ca: Path) -> Iterator[Middlebox]:
    """A front that lets in who shows a certificate of this authority."""
    port = free_port()
    folder.mkdir()
    lines = [
        "defaults",
        "  mode http",
        "  timeout connect 30s",
        "  timeout client 60s",
        "  timeout server 60s",
        "  timeout tunnel 60s",
        "frontend clients",
        f"  bind 127.0.0.1:{port} ssl crt {pem} ca-file {ca} verify required",
        "  default_backend relay",
        "backend relay",
        f"  server one 127.0.0.1:{relay_port}",
    ]
    (folder / "haproxy.cfg").write_text("\n".join([*lines, ""]))
    with _running("haproxy", ["-db", "-f", str(folder / "haproxy.cfg")], folder, port) as box:
        yield box


@contextlib.contextmanager
def _running(name: str, options: list[str], folder: Path, port: int) -> Iterator[Middlebox]:
    program = shutil.which(name, path=PATH)
    if program is None:
        raise RuntimeError(f"these tests need {name}: apt-get install -y {name}")
    process = Process([program, *options], log=folder / f"{name}.log", env=clean_env(folder), cwd=folder)
    box = Middlebox(port, process, folder)
    try:
        wait_for(lambda: _listens(box), 60, what=f"{name} to listen")
        yield box
    finally:
        process.kill()


def _listens(box: Middlebox) -> bool:
    assert box.process.running, box.process.output
    try:
        socket.create_connection(("127.0.0.1", box.port), 20).close()
    except OSError:
        return False
    return True
