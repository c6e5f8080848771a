"""What tests of every part use: real processes on loopback, each wait with a deadline.

    from tests.support import free_port, run_relay, run_script, wait_for, raw_request

    with run_relay(tmp_path / "relay") as relay:          # the real `doorstep-relay serve`
        env = relay.client_env()                          # DOORSTEP_RELAY and DOORSTEP_TOKEN
        with run_script(source, env=env) as script:       # a user's script, a clean HOME
            url = script.wait_for_line(r"https?://\\S+localhost:\\d+").group()
            answer = relay.visit(url)                     # what a visitor's browser would get

Fixtures (from `tests/conftest.py`): `relay` is such a relay with one token; `browser` and `page`
are Debian's Chromium under Playwright's sync API, fresh for each test: `page` fails the test when
a script on the page raised. Playwright's sync API and an `async def` test do not mix: a browser
test is a plain `def`. `chromium()` is the same browser as a context manager.
"""

from __future__ import annotations

from tests.support.browser import chromium
from tests.support.http import Answer, raw_request, visit
from tests.support.ports import free_port
from tests.support.postgres import run_postgres
from tests.support.process import Process, clean_env, run_script
from tests.support.relay import Relay, run_relay
from tests.support.waiting import eventually, wait_for

__all__ = [
    "Answer",
    "Process",
    "Relay",
    "chromium",
    "clean_env",
    "eventually",
    "free_port",
    "raw_request",
    "run_postgres",
    "run_relay",
    "run_script",
    "visit",
    "wait_for",
]
