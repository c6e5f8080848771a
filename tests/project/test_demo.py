"""`make demo`, once installed: comes up by itself, and goes away whole."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import psutil

from tests.project.tracked import ROOT
from tests.support import Process, clean_env, visit, wait_for

DEMO = [sys.executable, str(ROOT / "scripts" / "demo.py")]


def test_once_it_fetches_the_public_link_and_ends(tmp_path: Path) -> None:
    env = clean_env(tmp_path, {"DEMO_ONCE": "1"})

    done = subprocess.run(DEMO, env=env, capture_output=True, text=True, timeout=100, check=False)

    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"^http://\S+\.localhost:\d+\S* answered 200$", done.stdout, re.MULTILINE)


def test_ctrl_c_ends_the_relay_and_the_example(tmp_path: Path) -> None:
    demo = Process(DEMO, log=tmp_path / "demo.log", env=clean_env(tmp_path, {"TMPDIR": str(tmp_path)}))
    try:
        url = demo.wait_for_line(r"^Open (http://\S+) in a browser", deadline=90).group(1)
        assert "The link ends in" in demo.output.split("\nOpen ")[0]  # nothing comes below what to do
        assert "<html" in visit(url).text
        started = psutil.Process(demo.pid).children(recursive=True)
        assert len(started) >= 2

        os.killpg(demo.pid, signal.SIGINT)  # a terminal sends it to the whole group

        assert demo.wait(60) == 0, demo.output
        wait_for(lambda: not any(process.is_running() for process in started), what="both ended")
        assert "Traceback" not in demo.output
        assert [entry.name for entry in tmp_path.iterdir() if entry.name.startswith("doorstep-demo-")] == []
    finally:
        demo.kill()


def test_a_port_that_is_taken_is_stepped_around(tmp_path: Path) -> None:
    with socket.socket() as busy:
        busy.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            busy.bind(("127.0.0.1", 8080))
            busy.listen()
        except OSError:
            pass  # somebody else has it: just as good
        done = subprocess.run(
            [*DEMO, "--once"],
            env=clean_env(tmp_path),
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )

    assert done.returncode == 0, done.stdout + done.stderr
    assert ":8080" not in done.stdout
