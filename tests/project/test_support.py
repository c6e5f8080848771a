"""The helpers that every other test trusts."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.support import Relay, eventually, free_port, run_script, wait_for
from tests.support.http import parse


def test_a_free_port_can_be_bound() -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", free_port()))


def test_no_free_port_is_given_twice_or_taken_by_what_chooses_its_own() -> None:
    with socket.socket() as chosen:
        chosen.bind(("127.0.0.1", 0))
        given = [free_port() for _ in range(300)]

        assert len(set(given)) == len(given)
        assert max(given) < chosen.getsockname()[1]


def test_waiting_returns_what_became_true() -> None:
    answers = iter(["", "", "yes"])

    assert wait_for(lambda: next(answers)) == "yes"


def test_waiting_ends_at_its_deadline() -> None:
    with pytest.raises(TimeoutError, match="the moon"):
        wait_for(lambda: False, deadline=0.05, what="the moon")


async def test_waiting_in_a_loop_takes_plain_and_async_conditions() -> None:
    async def yes() -> bool:
        return True

    assert await eventually(yes)
    assert await eventually(lambda: 7) == 7
    with pytest.raises(TimeoutError):
        await eventually(lambda: False, deadline=0.05)


def test_a_chunked_answer_is_put_together() -> None:
    answer = parse(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=1\r\nde\r\n0\r\n\r\n"
    )

    assert (answer.status, answer.reason, answer.body) == (200, "OK", b"abcde")


@pytest.mark.parametrize("cut", [b"3\r\nab", b"3\r\nabc\r\n", b""])
def test_a_chunked_answer_that_was_cut_is_not_taken_for_whole(cut: bytes) -> None:
    with pytest.raises(ValueError, match="ends early"):
        parse(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n" + cut)


def test_a_script_runs_with_an_empty_home_and_no_settings_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOORSTEP_TOKEN", "someone's")
    source = """
import os, pathlib
print("token", os.environ.get("DOORSTEP_TOKEN"))
print("home", pathlib.Path.home())
"""

    with run_script(source) as script:
        assert script.wait(20) == 0
        assert "token None" in script.output
        home = Path(script.wait_for_line(r"^home (.+)$").group(1))
        assert home != Path.home()
        assert sorted(entry.name for entry in home.iterdir()) == ["script.log", "script.py"]


def test_a_script_that_ends_early_is_told_apart_from_one_that_is_slow() -> None:
    with (
        run_script("raise SystemExit('no relay')") as script,
        pytest.raises(AssertionError, match="no relay"),
    ):
        script.wait_for_line("https?://")


def test_the_browser_runs_scripts(page: Page) -> None:
    page.set_content("<script>document.title = 6 * 7</script>")

    assert page.title() == "42"


def test_the_relay_fixture_is_a_real_relay_that_comes_back_where_it_was(relay: Relay) -> None:
    url = relay.url
    assert relay.visit("/healthz").status == 200

    relay.stop()
    relay.start()

    assert relay.url == url
    assert relay.visit("/healthz").status == 200
    assert relay.visit(relay.share_url("nobody")).status == 404
    assert relay.client_env()["DOORSTEP_TOKEN"]
