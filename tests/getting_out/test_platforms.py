"""The branches for Windows and macOS, forced on Linux: a link end to end with what they lack taken away."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os

import pytest

from tests.getting_out.conftest import Lasting
from tests.link.clients import ROOT, becomes, websocket
from tests.support import run_script, visit

PRELUDE = """
import asyncio, json, os, signal, socket, subprocess, sys, types, urllib.request
import uvicorn.protocols.http.httptools_impl, uvicorn.protocols.websockets.websockets_sansio_impl
sys.modules["uvloop"] = sys.modules["aiofastnet"] = None  # as if they were not installed
"""
NO_UNIX = """
sys.modules["resource"] = None
pair, family = socket.socketpair, socket.AF_UNIX
socket.socketpair = lambda *_: pair(family)  # Windows has one of TCP
del socket.AF_UNIX
"""
LIKE_PROACTOR = """
class Loop(asyncio.SelectorEventLoop):
    def refuse(self, *args, **kwargs):
        raise NotImplementedError
    add_reader = add_writer = refuse  # the others are what this loop itself uses
    add_signal_handler = refuse
    create_unix_connection = create_unix_server = connect_read_pipe = connect_write_pipe = refuse
asyncio.new_event_loop = Loop
"""
WINDOWS = """
for name in ("SIGHUP", "SIGTSTP", "SIGCONT", "SIGWINCH", "SIGSTOP", "SIGUSR1", "SIGUSR2", "SIGQUIT"):
    delattr(signal, name)
sys.modules["fcntl"] = sys.modules["termios"] = sys.modules["tty"] = None
sys.modules["msvcrt"] = types.SimpleNamespace(LK_NBLCK=2, locking=lambda *_: None)
os.environ["LOCALAPPDATA"] = os.environ["APPDATA"] = os.environ["HOME"]
sys.platform = "win32"
"""
MAC = "sys.platform = 'darwin'\n"
PLATFORMS = {
    "plain-loop": PRELUDE,
    "no-unix-sockets": PRELUDE + NO_UNIX,
    "windows": PRELUDE + NO_UNIX + LIKE_PROACTOR + WINDOWS,
    "macos": PRELUDE + MAC,
}
LINK = """
from doorstep_client import share
from tests.link.app import app

link = share(app, name=sys.argv[1])
port = share(int(sys.argv[2]), name=sys.argv[1] + "-port")
loop = type(link._keeper._loop)
assert loop.__module__.partition(".")[0] != "uvloop", loop
print("URL", link.url, port.url, flush=True)
sys.stdin.close()
link.wait()
"""
COMMAND = """
sys.argv = ["doorstep", "share", sys.argv[2], "--name", sys.argv[1]]
from doorstep_client.cli import main
main()
"""


@pytest.fixture(params=PLATFORMS)
def platform(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def environment(lasting: Lasting) -> dict[str, str]:
    return {"PYTHONPATH": ROOT, "DOORSTEP_RELAY": lasting.relay.url, "DOORSTEP_TOKEN": lasting.token}


async def test_a_link_works_from_end_to_end(lasting: Lasting, platform: str) -> None:
    source = PLATFORMS[platform] + LINK
    port = str(lasting.relay.port)
    with run_script(source, f"on-{platform}", port, env=environment(lasting)) as process:
        found = await asyncio.to_thread(process.wait_for_line, r"^URL (\S+) (\S+)$")
        url, pumped = found.groups()
        sent = os.urandom(1024 * 1024)
        answer = await asyncio.to_thread(visit, f"{url}/upload", method="POST", body=sent)
        assert json.loads(answer.body) == {"size": len(sent), "sha256": hashlib.sha256(sent).hexdigest()}
        assert len((await asyncio.to_thread(visit, f"{url}/big?3000000")).body) == 3_000_000
        assert (await asyncio.to_thread(visit, f"{pumped}/healthz")).json() == {"status": "ok"}
        async with websocket(lasting.relay, url) as socket:
            await socket.send("hello")
            assert await socket.recv() == "hello"
        assert "Traceback" not in process.output, process.output


def test_the_command_shows_a_link_and_ends_in_order(lasting: Lasting, platform: str) -> None:
    source = PLATFORMS[platform] + COMMAND
    name, port = f"shown-{platform}", str(lasting.relay.port)
    with run_script(source, name, port, env=environment(lasting)) as process:
        url = process.wait_for_line(r"(http://shown\S+)").group(1).rstrip("/")
        becomes(lasting.relay, f"{url}/healthz", 200)
        assert process.stop() == 0, process.output
        becomes(lasting.relay, url, 410)
        assert "Traceback" not in process.output, process.output
