"""What links live through, with the real programs: restarts on both sides, silence, portals, clocks."""

from __future__ import annotations

import re
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import psutil
import pytest

from tests.link.clients import ROOT, Client, becomes, client, get, status
from tests.link.conftest import QUICK, Lasting, StartRelay
from tests.support import Relay, run_script, wait_for

SCRIPT = """
from doorstep_client import share
from tests.link.app import app
link = share(app)
print(f"URL {link.url} after 0\\n", end="", flush=True)  # one write: two may share a log
try:
    link.wait()
except KeyboardInterrupt:
    link.close()
print("ENDED", link.error.code if link.error else "closed", flush=True)
"""


@contextmanager
def running(home: Path, relay: Relay, token: str) -> Iterator[Client]:
    """A script of a user's, in a home that outlives it."""
    home.mkdir(exist_ok=True)
    script = home / "app.py"
    script.write_text(SCRIPT)
    env = {"PYTHONPATH": ROOT, **relay.client_env(token)}
    with run_script(script, env=env, home=home) as process:
        yield Client(process)


# -- the script starts again -----------------------------------------------------------------------


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGINT], ids=["killed", "ctrl-c"])
def test_a_link_without_a_name_keeps_its_url_when_its_script_is_started_again(
    lasting: Lasting, tmp_path: Path, end: signal.Signals
) -> None:
    relay, token = lasting.relay, lasting.token()
    with running(tmp_path / "home", relay, token) as first:
        url = first.url
        first.process.send(end)
        first.process.wait()
        first.process.log.unlink()
    with running(tmp_path / "home", relay, token) as again:
        assert again.url == url
        assert relay.visit(url).json()["pid"] == again.pid


def test_two_runs_at_a_time_have_urls_of_their_own_and_each_keeps_its(
    lasting: Lasting, tmp_path: Path
) -> None:
    relay, token = lasting.relay, lasting.token()
    with running(tmp_path, relay, token) as one, running(tmp_path, relay, token) as other:
        urls = wait_for(lambda: both(one), what="two URLs in the log of both")
        assert len(set(urls)) == 2
        assert {relay.visit(url).json()["pid"] for url in urls} == {one.pid, other.pid}


def both(one: Client) -> list[str] | None:
    found = re.findall(r"^URL (\S+)", one.process.output, re.MULTILINE)
    return found if len(found) == 2 else None


def test_a_link_with_a_name_is_back_at_once_when_its_script_is(lasting: Lasting) -> None:
    relay, token = lasting.relay, lasting.token()
    for _ in range(2):
        with client(relay, token, name="back-at-once") as running:
            assert running.url == relay.share_url("back-at-once", "")
            assert relay.visit(running.url).json()["pid"] == running.pid
            running.process.kill()


# -- the end ---------------------------------------------------------------------------------------


def test_a_link_that_closes_lets_what_is_under_way_finish_and_nobody_else_in(
    lasting: Lasting, tmp_path: Path
) -> None:
    relay = lasting.relay
    source = """
import time
from pathlib import Path
from doorstep_client import share
from tests.link.app import app
link = share(app, name="draining")
print("URL", link.url, flush=True)
while not Path("close").exists():
    time.sleep(0.02)
link.close(drain=30)
print("CLOSED", link.status, flush=True)
"""
    env = {"PYTHONPATH": ROOT, **relay.client_env(lasting.token())}
    with run_script(source, env=env, home=tmp_path) as script:
        url = script.wait_for_line(r"^URL (\S+)").group(1)
        with get(relay, url, "/events?15") as answer:
            assert answer.readline() == b"data: 0\n"
            (tmp_path / "close").touch()
            becomes(relay, url, 410)
            assert answer.read().endswith(b"data: 14\n\n")
        script.wait_for_line("^CLOSED ended")


# -- the relay goes away ---------------------------------------------------------------------------


def test_a_relay_that_hangs_is_left_and_found_again(start_relay: StartRelay) -> None:
    relay, token = start_relay(*QUICK)
    with client(relay, token) as running:
        psutil.Process(relay.pid).suspend()
        running.told("cannot be reached", 30)  # two of its heartbeats of a second later
        psutil.Process(relay.pid).resume()
        running.told("is back", 30)
        assert relay.visit(running.url).json()["pid"] == running.pid


class Portal(BaseHTTPRequestHandler):
    """Answers everything as a hotel's network does."""

    def do_GET(self) -> None:
        self.send_response(302)
        self.send_header("Location", "http://portal.test/login")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def portal(port: int) -> Iterator[None]:
    with ThreadingHTTPServer(("127.0.0.1", port), Portal) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield
        finally:
            server.shutdown()
            thread.join()


def test_a_captive_portal_is_told_in_words_and_the_link_comes_back_after_it(start_relay: StartRelay) -> None:
    relay, token = start_relay()
    with client(relay, token) as running:
        relay.stop()
        with portal(relay.port):
            running.told("captive portal .* sign in to the network", 30)
        relay.start()
        running.told("is back", 60)
        assert relay.visit(running.url).json()["pid"] == running.pid


# -- several shares --------------------------------------------------------------------------------


def test_shares_of_a_process_go_over_one_session_and_end_one_by_one(lasting: Lasting) -> None:
    relay = lasting.relay
    source = """
from doorstep_client import share
from tests.link.app import app
import threading
links = [share(app, name=f"of-one-{number}", lifespan=False) for number in range(4)]
print("THREADS", sum(thread.name == "doorstep-link" for thread in threading.enumerate()), flush=True)
links[0].close()
print("CLOSED", links[0].status, *[link.status for link in links[1:]], flush=True)
links[1].wait()
print("ENDED", links[1].error.code, *[link.status for link in links[2:]], flush=True)
links[2].wait()
"""
    env = {"PYTHONPATH": ROOT, **relay.client_env(lasting.token())}
    with run_script(source, env=env) as script:
        script.wait_for_line("^THREADS 1$")
        script.wait_for_line("^CLOSED ended live live live$")
        program = psutil.Process(script.pid)
        wait_for(
            lambda: len(program.net_connections("tcp")) <= 1 + 3 * 2, what="the closed link's to be gone"
        )
        relay.cli("share", "revoke", "of-one-1")
        script.wait_for_line("^ENDED revoked live live$")
        assert status(relay, relay.share_url("of-one-1")) == 410
        assert status(relay, relay.share_url("of-one-3")) == 200


# -- clocks ----------------------------------------------------------------------------------------


def test_a_wall_clock_that_jumps_disturbs_nothing(start_relay: StartRelay, tmp_path: Path) -> None:
    """The program's clock is a year ahead, then a day behind; only its own monotonic clock goes on."""
    clock = tmp_path / "clock"
    clock.write_text("+0")
    env = {
        "LD_PRELOAD": str(faketime()),
        "FAKETIME_TIMESTAMP_FILE": str(clock),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }
    relay, token = start_relay("--heartbeat", "2s")
    with client(relay, token, env=env) as running:
        for offset in ("+31536000", "-86400"):
            clock.write_text(offset)
            time.sleep(2.5)  # heartbeats and looks at the clock go by
            assert relay.visit(running.url).json()["pid"] == running.pid
        assert "TOLD" not in running.process.output


def faketime() -> Path:
    return next(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"))
