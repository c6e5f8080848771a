"""`doorstep share app.py`: the script runs as ever, and its link is shown as that of any other target."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.link.conftest import Lasting
from tests.support import Process, clean_env, free_port, visit, wait_for
from tests.support.terminal import Terminal

DOORSTEP = str(Path(sys.executable).parent / "doorstep")
URL = re.compile(r"http://[a-z0-9-]+\.localhost:\d+")

APP = """
import logging, pathlib, sys, time
from doorstep_client import share

logging.basicConfig(format="logged %(message)s")
print("before the link")

async def app(scope, receive, send):
    if scope["type"] != "http":
        return
    print("asked for", scope["path"])
    logging.warning("in its own way")
    while scope["path"] == "/slow" and not pathlib.Path("go").exists():
        await __import__("asyncio").sleep(0.02)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"done"})
"""
WAITS = APP + "\nwith share(app) as link:\n    link.wait()\nprint('after the link')\n"
ASKS = APP + "\nwith share(app) as link:\n    print('it was', input('What is it? '))\n"
FAILS = APP + "\nlink = share(app)\nraise ValueError('a bug of its own')\n"
ENDS = APP + "\nlink = share(app)\nprint('that was all')\n"
LAUNCHES = """
import doorstep as ds
ds.Interface(lambda name: name, "text", "text", title="The page").launch(server_port={port})
"""


@contextmanager
def terminal(lasting: Lasting, home: Path, source: str, *flags: str) -> Iterator[Terminal]:
    (home / "app.py").write_text(source)
    env = {"DOORSTEP_RELAY": lasting.relay.url, "DOORSTEP_TOKEN": lasting.token()}
    command = ["sh", "-c", f'cd "{home}" && exec "$0" "$@"', DOORSTEP, "share", "app.py", "--no-qr", *flags]
    with Terminal(command, home, env=env) as running:
        yield running


def url_in(text: str) -> str:
    found = URL.search(text)
    assert found is not None
    return found.group()


def test_the_panel_is_there_and_what_the_script_says_is_above_it(lasting: Lasting, tmp_path: Path) -> None:
    with terminal(lasting, tmp_path, WAITS, "--name", "from-a-script", "--expires-in", "1h") as shown:
        shown.wait_for("● live  http://from-a-script.")
        assert visit(f"{url_in(shown.text)}/some/page").text == "done"
        shown.wait_for("1 request · 1 visitor")
        said = ["asked for /some/page", "logged in its own way"]
        wait_for(lambda: [row for row in shown.rows if row in said] == said, what="both lines in their order")
        assert shown.rows[-1].startswith("q quit") or "q quit" in shown.text
        assert "ends in 59:" in shown.text
        shown.press("q")
        assert shown.wait() == 0
        assert "1 request from 1 visitor" in shown.text
        assert shown.shows_cursor


def test_ctrl_c_waits_for_the_requests_and_says_for_how_many(lasting: Lasting, tmp_path: Path) -> None:
    with terminal(lasting, tmp_path, WAITS) as shown, ThreadPoolExecutor(1) as visitor:
        shown.wait_for("q quit")
        slow = visitor.submit(visit, f"{url_in(shown.text)}/slow")
        shown.wait_for("asked for /slow")
        shown.press("\x03")
        shown.wait_for("waiting for 1 request, ")
        (tmp_path / "go").touch()
        assert slow.result(20).text == "done"
        assert shown.wait() == 0
        assert re.search(r"/slow +200", shown.text)


def test_a_second_ctrl_c_quits_at_once_and_gives_the_terminal_back(lasting: Lasting, tmp_path: Path) -> None:
    with terminal(lasting, tmp_path, WAITS) as shown:
        shown.wait_for("q quit")
        threading.Thread(target=visit, args=(f"{url_in(shown.text)}/slow",), daemon=True).start()
        shown.wait_for("asked for /slow")
        shown.press("\x03")
        shown.wait_for("waiting for 1 request, ")
        shown.press("\x03")
        assert shown.wait() == 130
        assert shown.shows_cursor


def test_a_launched_page_has_the_panel_too_and_says_its_link_once(lasting: Lasting, tmp_path: Path) -> None:
    port = free_port()
    with terminal(lasting, tmp_path, LAUNCHES.format(port=port)) as shown:
        shown.wait_for("q quit")
        assert f"* Running on local URL:  http://127.0.0.1:{port}" in shown.text
        assert "public URL" not in shown.text
        url = url_in(shown.text)
        assert "The page" in visit(f"{url}/").text
        lasting.relay.cli("share", "revoke", url.partition("//")[2].partition(".")[0])
        assert shown.wait() == 1, "it was run for its link"
        assert shown.text.count("The link was revoked") == 1


def test_a_script_that_asks_gets_the_terminal_for_the_answer(lasting: Lasting, tmp_path: Path) -> None:
    with terminal(lasting, tmp_path, ASKS) as shown:
        shown.wait_for("What is it?")
        wait_for(lambda: shown.shows_cursor, what="the cursor")
        shown.press("a question\n")
        assert shown.wait() == 0
        assert "it was a question" in shown.text


def test_a_script_that_ends_leaves_its_link_until_ctrl_c(lasting: Lasting, tmp_path: Path) -> None:
    with terminal(lasting, tmp_path, ENDS) as shown:
        shown.wait_for("that was all")
        shown.wait_for("q quit")
        assert visit(url_in(shown.text)).status == 200
        shown.press("\x03")
        assert shown.wait() == 0
        assert "Abort" not in shown.text


def test_a_scripts_own_error_is_shown_as_python_shows_it(lasting: Lasting, tmp_path: Path) -> None:
    with terminal(lasting, tmp_path, FAILS) as shown:
        assert shown.wait() == 1
        assert "ValueError: a bug of its own" in shown.text
        assert 'File "app.py"' in shown.text
        assert "runpy" not in shown.text


# -- elsewhere -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "flags", "says"),
    [
        (LAUNCHES, ["--host", "visitor"], "--host"),
        (LAUNCHES, ["--no-verify"], "--no-verify"),
        (WAITS, ["--relay", "http://127.0.0.1:1"], "Cannot reach the relay"),
    ],
)
def test_a_flag_that_cannot_be_or_no_link_is_the_end_of_the_script(
    source: str, flags: list[str], says: str, lasting: Lasting, tmp_path: Path
) -> None:
    process = start(lasting, tmp_path, source.replace("{port}", str(free_port())), *flags)

    assert process.wait(60) == 1
    assert says in process.output
    assert "after" not in process.output


def test_for_programs_there_is_nothing_but_json(lasting: Lasting, tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(WAITS)
    env = {"DOORSTEP_RELAY": lasting.relay.url, "DOORSTEP_TOKEN": lasting.token()}
    errors = tmp_path / "errors.txt"
    with (
        errors.open("w") as sink,
        subprocess.Popen(
            [DOORSTEP, "share", "app.py", "--json"],
            stdout=subprocess.PIPE,
            stderr=sink,
            cwd=tmp_path,
            env=clean_env(tmp_path, env),
            text=True,
        ) as process,
    ):
        assert process.stdout is not None
        opened = json.loads(process.stdout.readline())
        assert visit(opened["url"]).text == "done"
        request = json.loads(process.stdout.readline())
        process.terminate()
        rest = [json.loads(line)["event"] for line in process.stdout]
        assert process.wait(20) == 0
    assert (opened["event"], request["event"], rest) == ("opened", "request", ["closing", "ended"])
    said = errors.read_text()
    assert said.index("before the link") < said.index("asked for /")


def start(lasting: Lasting, home: Path, source: str, *flags: str) -> Process:
    (home / "app.py").write_text(source)
    env = clean_env(home, {"DOORSTEP_RELAY": lasting.relay.url, "DOORSTEP_TOKEN": lasting.token()})
    return Process([DOORSTEP, "share", "app.py", *flags], log=home / "app.log", env=env, cwd=home)
