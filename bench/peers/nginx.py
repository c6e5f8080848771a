"""nginx as a plain reverse proxy on the app's own machine: the floor. It is no tunnel, and needs none.

One worker, as the relay is one process; connections to the app are kept; bodies stream as they come.
"""

from __future__ import annotations

import contextlib
import getpass
import os
from collections.abc import Iterator
from pathlib import Path

from bench.peers.programs import find
from bench.processes import answers, free_port, running, wait_for
from bench.ways import DOMAIN, Peer, Setting, Way

PLAIN, TLS = "nginx", "nginx tls"


@contextlib.contextmanager
def plain(setting: Setting) -> Iterator[Way]:
    with _nginx(PLAIN, setting, ca=None) as way:
        yield way


@contextlib.contextmanager
def tls(setting: Setting) -> Iterator[Way]:
    """TLS towards visitors; the app is asked without."""
    with _nginx(TLS, setting, ca=setting.ca) as way:
        yield way


@contextlib.contextmanager
def before(name: str, setting: Setting) -> Iterator[Way]:
    """TLS before another way to the app, which is `setting.app` here."""
    with _nginx(name, setting, ca=setting.ca, role="front") as way:
        yield way


@contextlib.contextmanager
def _nginx(name: str, setting: Setting, ca: Path | None, role: str = "relay") -> Iterator[Way]:
    place, port = setting.directory(name), free_port()
    config, log = place / "nginx.conf", place / "nginx.log"
    config.write_text(configuration(place, port, setting, tls=ca is not None))
    with running([find("nginx"), "-c", config, "-p", place, "-e", place / "error.log"], log=log) as process:
        way = Way(name, port, f"{DOMAIN}:{port}", {role: process.pid, **setting.app.pids}, ca)
        wait_for(lambda: answers(way.port, way.host, ca), name, log)
        yield way


def configuration(place: Path, port: int, setting: Setting, *, tls: bool) -> str:
    paths = "\n    ".join(f"{kind}_temp_path {place};" for kind in TEMPORARY)
    user = f"user {getpass.getuser()};" if os.geteuid() == 0 else ""
    certificate = f"ssl_certificate {setting.certificate}; ssl_certificate_key {setting.certificate};"
    return CONFIG.format(
        user=user,
        place=place,
        paths=paths,
        app_port=setting.app.port,
        port=port,
        ssl=" ssl" if tls else "",
        certificate=certificate if tls else "",
    )


TEMPORARY = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]

CONFIG = """\
{user}
daemon off;
worker_processes 1;
worker_rlimit_nofile 8192;
pid {place}/nginx.pid;
events {{ worker_connections 4096; }}
http {{
    access_log off;
    {paths}
    keepalive_requests 100000000;
    client_max_body_size 0;
    upstream app {{
        server 127.0.0.1:{app_port};
        keepalive 1024;
        keepalive_requests 100000000;
    }}
    map $http_upgrade $connection_up {{ default upgrade; "" ""; }}
    server {{
        listen 127.0.0.1:{port}{ssl} backlog=4096;
        {certificate}
        ssl_protocols TLSv1.2 TLSv1.3;
        proxy_http_version 1.1;
        proxy_set_header Host $http_host;
        proxy_set_header Upgrade $http_upgrade;
        proxy_set_header Connection $connection_up;
        proxy_request_buffering off;
        proxy_max_temp_file_size 0;
        location / {{ proxy_pass http://app; }}
        location /events {{ proxy_pass http://app; proxy_buffering off; }}
    }}
}}
"""

PEERS = [
    Peer(name, start, ("nginx",), "apt-get install nginx-light")
    for name, start in ((PLAIN, plain), (TLS, tls))
]
