"""`doorstep login`, `logout` and `whoami` against a real relay, with a browser where people say yes."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.support import Relay, clean_env, free_port, run_relay
from tests.support.browser import chromium
from tests.support.process import Process

DOORSTEP = str(Path(sys.executable).parent / "doorstep")
AXE = Path(__file__).parents[2] / "ui_runtime/frontend/node_modules/axe-core/axe.min.js"


def run(home: Path, *args: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [DOORSTEP, *args],
        input=stdin,
        env=clean_env(home),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def saved(home: Path) -> dict[str, str]:
    content: dict[str, str] = json.loads((home / ".config/doorstep/login.json").read_text())
    return content


@pytest.fixture(scope="module")
def relay(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Relay]:
    with run_relay(tmp_path_factory.mktemp("relay")) as running:
        yield running


def test_an_invitation_logs_in_once_and_logout_leaves_nothing(tmp_path: Path, relay: Relay) -> None:
    code = relay.cli("invite", "create", "ann").strip()

    done = run(tmp_path, "login", relay.url, "--code", "-", stdin=f"{code}\n")

    assert done.returncode == 0, done.stderr
    token = saved(tmp_path)["token"]
    assert (tmp_path / ".config/doorstep/login.json").stat().st_mode & 0o777 == 0o600
    assert token not in done.stdout + done.stderr + relay.log
    who = json.loads(run(tmp_path, "whoami", "--json").stdout)
    assert (who["relay"], who["account"], who["scopes"]) == (relay.url, "ann", ["share", "own"])
    assert run(tmp_path, "whoami").stdout.startswith(f"ann (member) at {relay.url}\n")

    again = run(tmp_path / "other", "login", relay.url, "--code", code)
    assert (again.returncode, "not valid" in again.stderr) == (1, True)

    assert run(tmp_path, "logout").stdout == f"Logged out of {relay.url}.\n"
    assert not (tmp_path / ".config/doorstep/login.json").exists()
    states = {row["key"]: row["usable"] for row in json.loads(relay.cli("token", "list", "--json"))}
    assert states[token[4:12]] is False
    assert "not logged in" in run(tmp_path, "logout").stderr


def test_a_browser_says_yes_on_a_page_that_everybody_can_use(tmp_path: Path, relay: Relay) -> None:
    token = relay.token("bob")
    login = Process([DOORSTEP, "login", relay.url], log=tmp_path / "log", env=clean_env(tmp_path))
    try:
        found = login.wait_for_line(r"the code (\S+):\s+(http\S+)")
        with chromium() as browser:
            page = browser.new_page(viewport={"width": 390, "height": 800}, color_scheme="dark")
            page.goto(found.group(2))
            expect(page.locator("dd.code")).to_have_text(found.group(1))
            assert _violations(page) == []
            page.get_by_label("Invitation code or token").fill(token)
            page.get_by_role("button", name="Sign in").click()
            expect(page.get_by_text("You are signed in as bob")).to_be_visible()
            assert _violations(page) == []
            assert page.evaluate("document.documentElement.scrollWidth") <= 390
            page.get_by_role("button", name="Yes, let it").click()
            expect(page.get_by_role("heading", name="Done")).to_be_visible()
        assert login.wait(60) == 0
    finally:
        login.kill()
    assert saved(tmp_path)["relay"] == relay.url
    assert saved(tmp_path)["token"] != token, "the computer has a token of its own"
    assert json.loads(run(tmp_path, "whoami", "--json").stdout)["account"] == "bob"


def test_a_browser_says_no_and_types_the_code_itself(tmp_path: Path, relay: Relay) -> None:
    token = relay.token("carol")
    login = Process([DOORSTEP, "login", relay.url], log=tmp_path / "log", env=clean_env(tmp_path))
    try:
        found = login.wait_for_line(r"the code (\S+):\s+(http\S+)")
        with chromium() as browser:
            page = browser.new_page(color_scheme="light")
            page.goto(re.sub(r"\?.*", "", found.group(2)))
            assert _violations(page) == []
            page.get_by_label("The code that").fill(found.group(1).lower())
            page.get_by_role("button", name="Go on").click()
            page.get_by_label("Invitation code or token").fill(token)
            page.get_by_label("Invitation code or token").press("Enter")
            page.get_by_role("button", name="No").click()
            expect(page.get_by_role("heading", name="Nothing was given")).to_be_visible()
            page.goto(found.group(2))
            expect(page.get_by_role("alert")).to_contain_text("not valid")
            assert _violations(page) == []
        assert login.wait(60) == 1
    finally:
        login.kill()
    assert "somebody said no" in login.output.lower()
    assert not (tmp_path / ".config").exists()


def test_a_relay_that_is_open_to_all_needs_no_browser(tmp_path: Path) -> None:
    with run_relay(tmp_path / "relay", "--open") as relay:
        done = run(tmp_path, "login", relay.url)
    assert (done.returncode, saved(tmp_path)) == (0, {"relay": relay.url})
    assert "is open to all" in done.stdout


def test_what_goes_wrong_is_one_clear_line(tmp_path: Path) -> None:
    nowhere = f"localhost:{free_port()}"
    for words in (["login", nowhere], ["login", nowhere, "--code", "x"], ["login"], ["whoami"], ["logout"]):
        done = run(tmp_path, *words)
        assert done.returncode == 1, words
        assert done.stderr.startswith("Error: ")
        assert "Traceback" not in done.stderr


def _violations(page: Page) -> list[Any]:
    """What axe-core finds wrong. The page's policy lets no script of a page in, but a tester's."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
    return [(violation["id"], violation["nodes"][0]["html"]) for violation in found]
