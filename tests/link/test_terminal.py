"""`doorstep share` in a real terminal, in a pipe and for programs, over a real link."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.link.conftest import Lasting, StartRelay
from tests.support import Process, clean_env, wait_for
from tests.support.terminal import Terminal

DOORSTEP = str(Path(sys.executable).parent / "doorstep")
URL = re.compile(r"http://[a-z0-9-]+\.localhost:\d+")


class Quiet(SimpleHTTPRequestHandler):
    """Lists a directory; `/slow` answers when it is told to."""

    slow = threading.Event()

    def do_GET(self) -> None:
        if self.path == "/slow":
            self.slow.wait(60)
        super().do_GET()

    def log_message(self, *_: Any) -> None:
        """The test's output is not a server's log."""


class Server(ThreadingHTTPServer):
    def handle_error(self, *_: Any) -> None:
        """One of the tests cuts an answer off."""


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """Somebody's server, which lists a directory."""
    with Server(("127.0.0.1", 0), Quiet) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


def settings(lasting: Lasting, **more: str) -> dict[str, str]:
    return {"DOORSTEP_RELAY": lasting.relay.url, "DOORSTEP_TOKEN": lasting.token(), **more}


def shown_url(terminal: Terminal) -> str:
    """The link, once the whole panel is there: it ends with its keys."""
    terminal.wait_for("live")
    terminal.wait_for("q quit")
    found = URL.search(terminal.text)
    assert found is not None
    return found.group()


# -- in a terminal ---------------------------------------------------------------------------------


@pytest.mark.parametrize(("columns", "lines"), [(80, 24), (40, 40), (120, 12)])
def test_a_terminal_shows_the_link_and_its_requests_as_they_come(
    lasting: Lasting, port: int, tmp_path: Path, columns: int, lines: int
) -> None:
    command = [DOORSTEP, "share", str(port), "--expires-in", "3600"]
    with Terminal(command, tmp_path, columns=columns, lines=lines, env=settings(lasting)) as terminal:
        url = shown_url(terminal)
        assert ("█▀▀▀▀▀█" in terminal.text) is (lines >= 24), "the QR code is there where it fits"
        assert "ends in 59:" in terminal.text
        assert not terminal.shows_cursor
        assert lasting.relay.visit(url + "/nowhere").status == 404
        terminal.wait_for("404")
        terminal.wait_for("1 request")
        wait_for(lambda: any("/nowhere" in row and "404" in row for row in terminal.rows), what="its line")
        terminal.press("\x1b[Aq")
        assert terminal.wait() == 0
        assert "1 request from 1 visitor" in terminal.text
        assert terminal.shows_cursor
    assert lasting.relay.visit(url).json()["code"] == "closed"


def test_a_terminal_that_changes_its_size_is_drawn_anew(lasting: Lasting, port: int, tmp_path: Path) -> None:
    command = [DOORSTEP, "share", str(port), "--no-qr"]
    with Terminal(command, tmp_path, columns=100, lines=30, env=settings(lasting)) as terminal:
        url = shown_url(terminal)
        assert "█" not in terminal.text
        for columns, lines in ((40, 20), (120, 40), (60, 8)):
            terminal.resize(columns, lines)
            wait_for(lambda: fits(terminal), 20, what=f"the panel at {columns} x {lines}")
        assert lasting.relay.visit(url).status == 200
        terminal.wait_for("1 request")
        terminal.press("\x03")
        assert terminal.wait() == 0


def fits(terminal: Terminal) -> bool:
    """Whether the panel is there once, and ends with its keys."""
    rows = [row for row in terminal.rows if row]
    return bool(rows) and rows[-1].startswith("q quit") and sum("live" in row for row in rows) == 1


def test_keys_pause_the_link_copy_it_and_show_its_code(lasting: Lasting, port: int, tmp_path: Path) -> None:
    env = settings(lasting, NO_COLOR="1")
    with Terminal([DOORSTEP, "share", str(port)], tmp_path, lines=40, env=env) as terminal:
        url = shown_url(terminal)
        assert "█▀▀▀▀▀█" not in terminal.text, "without colours nobody knows whether it can be read"
        terminal.press("p")
        terminal.wait_for("paused")
        assert lasting.relay.visit(url).json()["code"] == "paused"
        terminal.press("p")
        terminal.wait_for("The link goes on")
        terminal.press("c")
        wait_for(
            lambda: terminal.text and b"\x1b]52;c;" in terminal.written, what="the link for the clipboard"
        )
        terminal.press("o")
        terminal.wait_for("There is no browser on this computer")
        terminal.press("r")
        terminal.wait_for("▀▀▀▀▀▀▀")
        assert not re.search(rb"\x1b\[[0-9;]*m", terminal.written)
        terminal.press("q")
        assert terminal.wait() == 0


def test_a_lost_relay_is_told_in_words_and_the_link_comes_back(
    start_relay: StartRelay, port: int, tmp_path: Path
) -> None:
    relay, token = start_relay()
    env = {"DOORSTEP_RELAY": relay.url, "DOORSTEP_TOKEN": token}
    with Terminal([DOORSTEP, "share", str(port), "--no-qr"], tmp_path, env=env) as terminal:
        terminal.wait_for("● live")
        relay.kill()
        terminal.wait_for("◌ reconnecting")
        terminal.wait_for("The relay cannot be reached")
        relay.start()
        terminal.wait_for("The link is back")
        wait_for(lambda: any(row.startswith("● live") for row in terminal.rows), what="the panel")
        relay.cli("share", "revoke", URL.search(terminal.text).group().partition("//")[2].partition(".")[0])  # type: ignore[union-attr]
        assert terminal.wait() == 1
        assert "The link was revoked" in terminal.text
        assert terminal.shows_cursor


def test_a_shells_jobs_keep_the_link_and_leave_the_terminal_to_who_is_in_front(
    lasting: Lasting, port: int, tmp_path: Path
) -> None:
    env = settings(lasting, PS1="PROMPT> ")
    with Terminal(["/bin/bash", "--norc", "--noprofile", "-i"], tmp_path, lines=40, env=env) as terminal:
        terminal.wait_for("PROMPT>")
        terminal.press(f"{DOORSTEP} share {port} --no-qr\n")
        url = shown_url(terminal)
        terminal.press("\x1a")
        terminal.wait_for("Stopped")
        wait_for(lambda: terminal.shows_cursor, what="the cursor")
        terminal.press("bg\n")
        assert lasting.relay.visit(url + "/background").status == 404
        terminal.press("echo from the shell\n")
        wait_for(lambda: "from the shell" in terminal.rows, what="the shell's answer")
        assert terminal.shows_cursor
        terminal.press("fg\n")
        terminal.wait_for("/background")
        wait_for(lambda: not terminal.shows_cursor, what="the panel without a cursor")
        terminal.press("q")
        terminal.wait_for("○ ended")
        terminal.press("echo code $?\n")
        terminal.wait_for("code 0")


def test_ctrl_c_lets_requests_finish_and_says_so(lasting: Lasting, port: int, tmp_path: Path) -> None:
    Quiet.slow.clear()
    with Terminal([DOORSTEP, "share", str(port)], tmp_path, env=settings(lasting)) as terminal:
        url = shown_url(terminal)
        with ThreadPoolExecutor(1) as pool:
            answer = pool.submit(lasting.relay.visit, url + "/slow", deadline=60.0)
            terminal.wait_for("1 open")
            terminal.press("\x03")
            terminal.wait_for("Ctrl-C again quits at once")
            Quiet.slow.set()
            assert answer.result(20).status == 404
        assert terminal.wait() == 0
        assert "1 request from 1 visitor" in terminal.text


def test_a_second_ctrl_c_quits_at_once_and_leaves_the_terminal_tidy(
    lasting: Lasting, port: int, tmp_path: Path
) -> None:
    Quiet.slow.clear()
    with Terminal([DOORSTEP, "share", str(port)], tmp_path, env=settings(lasting)) as terminal:
        url = shown_url(terminal)
        with ThreadPoolExecutor(1) as pool:
            answer = pool.submit(lasting.relay.visit, url + "/slow", deadline=60.0)
            terminal.wait_for("1 open")
            terminal.press("\x03")
            terminal.wait_for("waiting for 1 request, ")
            terminal.press("\x03")
            assert terminal.wait() == 130
            assert terminal.shows_cursor
            Quiet.slow.set()
            assert answer.result(30).status in {410, 502, 503}, "it was cut"


def test_a_dumb_terminal_gets_plain_lines(lasting: Lasting, port: int, tmp_path: Path) -> None:
    env = settings(lasting, TERM="dumb")
    with Terminal([DOORSTEP, "share", str(port)], tmp_path, env=env) as terminal:
        terminal.wait_for("http://")
        terminal.press("\x03")
        assert terminal.wait() == 0
        assert b"\x1b" not in terminal.written


def test_what_an_app_prints_comes_above_the_panel(lasting: Lasting, tmp_path: Path) -> None:
    (tmp_path / "chatty.py").write_text(
        "async def app(scope, receive, send):\n"
        "    print('asked for', scope['path'])\n"
        "    await send({'type': 'http.response.start', 'status': 204, 'headers': []})\n"
        "    await send({'type': 'http.response.body', 'body': b''})\n"
    )
    env = settings(lasting, PYTHONPATH=str(tmp_path))
    with Terminal([DOORSTEP, "share", "chatty:app", "--no-qr"], tmp_path, env=env) as terminal:
        url = shown_url(terminal)
        assert lasting.relay.visit(url + "/this").status == 204
        terminal.wait_for("204")
        rows = [row for row in terminal.rows if row]
        assert rows[1] == "asked for /this"
        assert "/this" in rows[2]
        assert rows[-1].startswith("q quit")
        terminal.press("q")
        assert terminal.wait() == 0


@pytest.mark.parametrize("options", ["qr=True", "qr=False", "qr=True, quiet=True"])
def test_a_script_shows_its_links_code_when_asked(lasting: Lasting, tmp_path: Path, options: str) -> None:
    script = tmp_path / "app.py"
    script.write_text(
        "import doorstep as ds\n"
        "app = ds.Interface(lambda name: name, 'text', 'text')\n"
        f"app.launch(share=True, server_port=0, prevent_thread_lock=True, {options})\n"
        "print(app.running.link.visit_url, 'is up')\n"
        "app.close()\n"
    )
    with Terminal([sys.executable, str(script)], tmp_path, lines=40, env=settings(lasting)) as terminal:
        assert terminal.wait() == 0
        assert "is up" in terminal.text
        assert ("█▀▀▀▀▀█" in terminal.text) is (options == "qr=True")


# -- elsewhere -------------------------------------------------------------------------------------


def test_in_a_file_the_link_is_the_first_line(lasting: Lasting, port: int, tmp_path: Path) -> None:
    process = started(lasting, port, tmp_path)
    try:
        url = process.wait_for_line(r"^(http://\S+)\n").group(1)
        assert process.output == f"{url}\n"
        process.send(signal.SIGTERM)
        assert process.wait(20) == 0
    finally:
        process.kill()
    assert lasting.relay.visit(url).json()["code"] == "closed"


def test_quiet_is_the_link_and_nothing_else(lasting: Lasting, port: int, tmp_path: Path) -> None:
    process = started(lasting, port, tmp_path, "--quiet", "--inspect")
    try:
        url = process.wait_for_line(r"^http://\S+$").group()
        process.send(signal.SIGINT)
        assert process.wait(20) == 0
        assert process.output == f"{url}\n"
    finally:
        process.kill()


def started(lasting: Lasting, port: int, home: Path, *options: str) -> Process:
    command = [DOORSTEP, "share", str(port), *options]
    return Process(command, log=home / "log", env=clean_env(home, settings(lasting)))


def test_programs_read_one_object_a_line(lasting: Lasting, port: int, tmp_path: Path) -> None:
    process = started(lasting, port, tmp_path, "--json", "--expires-in", "600")
    try:
        opened = record(process, "opened")
        assert opened["status"] == "live"
        assert 0 < opened["expires_at"] - opened["at"] <= 600
        assert lasting.relay.visit(opened["url"] + "/some/path").status == 404
        request = record(process, "request")
        assert (request["method"], request["path"], request["status"]) == ("GET", "/some/path", 404)
        assert request["duration"] > 0
        assert request["answer_size"] > 0
        lasting.relay.cli("share", "revoke", opened["name"], "--reason", "over budget")
        assert process.wait(20) == 1
        ended = record(process, "ended")
        assert (ended["code"], ended["requests"], ended["visitors"]) == ("revoked", 1, 1)
        assert ended["message"].endswith("Reason: over budget")
    finally:
        process.kill()
    assert [json.loads(line)["event"] for line in process.output.splitlines()] == [
        "opened",
        "request",
        "ended",
    ]


def record(process: Process, event: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(process.wait_for_line(rf'^{{"event": "{event}".*$').group())
    return found


def test_a_link_that_cannot_be_opened_is_an_object_too(lasting: Lasting, tmp_path: Path) -> None:
    command = [DOORSTEP, "share", "8000", "--json"]
    env = clean_env(tmp_path, settings(lasting, DOORSTEP_TOKEN="dst_wrong"))
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 1
    error = json.loads(done.stdout)
    assert (error["event"], error["code"]) == ("error", "bad-token")


def test_a_link_for_a_program_ends_with_it(lasting: Lasting, port: int, tmp_path: Path) -> None:
    command = [DOORSTEP, "share", str(port), "--json"]
    env = clean_env(tmp_path, settings(lasting))
    with subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        opened = json.loads(process.stdout.readline())
        process.stdout.close()
        lasting.relay.visit(opened["url"])
        assert process.wait(20) == 0
        assert process.stderr.read() == b""
