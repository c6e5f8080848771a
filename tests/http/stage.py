"""One relay and one client process with several links, each to another kind of app.

| name | what is shared |
|---|---|
| `app` | `tests.http.app` in the client's process |
| `port` | the same app on a port, by uvicorn with h11 and wsproto: other parsers than ours |
| `raw` | a port whose bytes the tests write themselves |
| `bin` | pytest-httpbin's server on a port |
| `wsgi` | httpbin in the client's process, through a2wsgi |
| `sockets` | a WebSocket server of the `websockets` library on a port |
"""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from tests.http.wire import RawServer
from tests.support import Process, Relay, clean_env, free_port, run_script

ROOT = str(Path(__file__).parents[2])

_CLIENT = """
import importlib, json, sys
from doorstep_client import share

def target(what):
    if isinstance(what, int):
        return what
    module, _, name = what.partition(":")
    return getattr(importlib.import_module(module), name)

# httpbin tells what it was asked: to compare that, it must see the visitor's Host.
links = {
    name: share(target(what), name=name if "-" in name else None, host="visitor" if name == "bin" else None)
    for name, what in json.loads(sys.argv[1]).items()
}
print("LINKS", json.dumps({name: link.url for name, link in links.items()}), flush=True)
for link in links.values():
    link.wait()
"""


@dataclass
class Stage:
    relay: Relay
    raw: RawServer
    urls: dict[str, str]
    """Share → its URL, without a slash at the end."""
    direct: dict[str, int]
    """Share → the port where the same app answers without a link."""

    def host(self, name: str) -> str:
        """What visitors write into `Host`."""
        return self.urls[name].partition("://")[2]


def uvicorn(stack: ExitStack, folder: Path, app: str, *options: str) -> int:
    """Serve an ASGI app by uvicorn, in a process of its own; the port."""
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", app, "--port", str(port), "--no-access-log", *options]
    process = Process(
        command, log=folder / f"{port}.log", env=clean_env(folder, {"PYTHONPATH": ROOT}), cwd=folder
    )
    stack.callback(process.kill)
    process.wait_for_line("Uvicorn running on")
    return port


def client(
    stack: ExitStack, relay: str, token: str, targets: dict[str, str | int], **more: str
) -> dict[str, str]:
    """A client process that shares all of `targets`; their URLs. A key with a hyphen is the link's name."""
    env = {"PYTHONPATH": ROOT, "DOORSTEP_RELAY": relay, "DOORSTEP_TOKEN": token, **more}
    process = stack.enter_context(run_script(_CLIENT, json.dumps(targets), env=env))
    urls: dict[str, str] = json.loads(process.wait_for_line(r"^LINKS (.+)$", 60).group(1))
    return urls


def curl(url: str, *options: str, within: float = 60, into: str = "text") -> str:
    """What curl prints for `url`. It resolves `*.localhost` by itself; a failure raises."""
    command = ["curl", "--silent", "--show-error", "--max-time", str(within), "--noproxy", "*", *options, url]
    done = subprocess.run(command, capture_output=True, check=False, timeout=within + 5)
    if done.returncode:
        raise AssertionError(f"curl ended {done.returncode}: {done.stderr.decode()}\n{done.stdout[:500]!r}")
    return done.stdout.decode("latin-1" if into == "bytes" else "utf-8")
