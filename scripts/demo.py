"""`make demo`: a relay on this machine, a token for it, and examples/hello.py shared through it.

Stays until Ctrl-C, then stops both. With `--once` (or DEMO_ONCE=1) it fetches the public URL one
time, prints it and ends.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parent.parent
RELAY = Path(sys.executable).parent / "doorstep-relay"
EXAMPLE = ROOT / "examples" / "hello.py"
START_DEADLINE = 30.0
STOP_DEADLINE = 5.0
LAST_WORDS = 10.0
"""Seconds for what the example says last, which is when its link ends."""


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--once", action="store_true", help="fetch the public URL once and end")
    once = parser.parse_args().once or os.environ.get("DEMO_ONCE", "") not in {"", "0"}
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with contextlib.suppress(KeyboardInterrupt), TemporaryDirectory(prefix="doorstep-demo-") as data:
        demo(Path(data), once=once)


def demo(data: Path, *, once: bool) -> None:
    """Run the whole of it. Raises `SystemExit` with a message when a part does not come up."""
    port = pick_port(8080)
    token = subprocess.run(
        [RELAY, "token", "create", "demo", "--data", data], check=True, capture_output=True, text=True
    ).stdout.strip()
    serve = [RELAY, "serve", "--listen", f"127.0.0.1:{port}", "--domain", "localhost", "--data", data]
    with (data / "relay.log").open("wb") as log, running(serve, stdout=log, stderr=log) as relay:
        wait_for_relay(relay, port, data / "relay.log")
        settings = {"DOORSTEP_RELAY": f"http://127.0.0.1:{port}", "DOORSTEP_TOKEN": token}
        with running(
            [sys.executable, "-u", EXAMPLE], stdout=subprocess.PIPE, env={**os.environ, **settings}
        ) as app:
            url = wait_for_url(app, port)
            if once:
                print(f"{url} answered {fetch(url)}")
                return
            print(f"\nOpen {url} in a browser. Ctrl-C ends the demo.", flush=True)
            stay(relay, app, data / "relay.log")


def pick_port(wanted: int) -> int:
    """`wanted` if nothing has it, else a port that is free now."""
    for port in (wanted, 0):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
            return int(probe.getsockname()[1])
    sys.exit("no free port on 127.0.0.1")


@contextlib.contextmanager
def running(command: list[object], **how: object) -> Iterator[subprocess.Popen[bytes]]:
    """A program that is ended with this block: SIGTERM first, SIGKILL when that does not help."""
    process: subprocess.Popen[bytes] = subprocess.Popen(command, stdin=subprocess.DEVNULL, **how)  # type: ignore[call-overload]
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(STOP_DEADLINE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def wait_for_relay(relay: subprocess.Popen[bytes], port: int, log: Path) -> None:
    end = time.monotonic() + START_DEADLINE
    while relay.poll() is None and time.monotonic() < end:
        with contextlib.suppress(OSError, http.client.HTTPException):
            if fetch(f"http://localhost:{port}/healthz") == 200:
                return
        time.sleep(0.05)
    sys.exit(f"the relay did not start:\n{log.read_text(errors='replace')}")


def wait_for_url(app: subprocess.Popen[bytes], port: int) -> str:
    """The public URL, from what the example prints; everything it prints is passed on, and first."""
    found: list[str] = []
    ready, said_all = threading.Event(), threading.Event()
    pattern = re.compile(rf"https?://[\w-]+\.localhost:{port}\S*")

    def pass_on() -> None:
        for line in app.stdout or ():
            text = line.decode(errors="replace")
            print(text, end="", flush=True)
            if not found and (match := pattern.search(text)):
                found.append(match.group())
                ready.set()
            if "The link ends in" in text:
                said_all.set()
        ready.set()
        said_all.set()

    threading.Thread(target=pass_on, daemon=True).start()
    ready.wait(START_DEADLINE)
    if not found:
        sys.exit(f"the example printed no public URL within {START_DEADLINE:.0f} s, or ended without one")
    said_all.wait(LAST_WORDS)
    return found[0]


def fetch(url: str) -> int:
    """The status of a GET, as a visitor; connects to loopback, so `*.localhost` need not resolve."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection("127.0.0.1", parts.port, timeout=10)
    with contextlib.closing(connection):
        connection.request("GET", parts.path or "/", headers={"Host": parts.netloc})
        response = connection.getresponse()
        response.read()
        return response.status


def stay(relay: subprocess.Popen[bytes], app: subprocess.Popen[bytes], log: Path) -> None:
    """Return never by itself: only Ctrl-C, or one of the two ending, ends the demo."""
    while relay.poll() is None and app.poll() is None:
        time.sleep(0.2)
    if relay.poll() is not None:
        sys.exit(f"the relay ended:\n{log.read_text(errors='replace')}")
    sys.exit("the example ended")


if __name__ == "__main__":
    main()
