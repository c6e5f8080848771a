"""The first link, as its people live it: the README's example, a visitor's browser, and its end."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from tests.support import Relay, run_script, visit, wait_for

if TYPE_CHECKING:
    from playwright.sync_api import Page

EXAMPLE = (Path(__file__).parents[2] / "examples" / "hello.py").read_text()
PUBLIC = r"public URL: +(http://([a-z0-9]+)\.localhost:\d+)"


def test_a_visitor_uses_the_function_until_the_link_is_revoked(
    relay: Relay, page: Page, tmp_path: Path
) -> None:
    with run_script(EXAMPLE, env=relay.client_env()) as script:
        found = script.wait_for_line(PUBLIC)
        url, name = found.group(1), found.group(2)
        page.goto(url)
        page.get_by_label("name").fill("World")
        page.get_by_role("button", name="Submit").click()
        page.wait_for_function(
            "() => document.body.innerText.includes('Hello World!') || "
            "[...document.querySelectorAll('textarea,input')].some(e => e.value == 'Hello World!')"
        )
        page.screenshot(path=tmp_path / "live.png")

        relay.cli("share", "revoke", name, "--reason", "the demo is over")

        script.wait_for_line(r"revoked.*the demo is over")
        wait_for(lambda: visit(url).status == 410, 1.0, what="the 410")
        answer = page.goto(url)
        assert answer is not None
        assert answer.status == 410
        assert "revoked" in page.get_by_role("heading", level=1).inner_text()
        assert "the demo is over" in page.locator("main").inner_text()
        page.screenshot(path=tmp_path / "revoked.png")
        assert script.running, "the local app goes on"


def test_an_open_page_learns_that_its_link_was_revoked(relay: Relay, page: Page) -> None:
    with run_script(EXAMPLE, env=relay.client_env()) as script:
        found = script.wait_for_line(PUBLIC)
        page.goto(found.group(1))
        page.get_by_label("name").wait_for()

        relay.cli("share", "revoke", found.group(2), "--reason", "the demo is over")

        page.get_by_text(re.compile("ended|revoked", re.IGNORECASE)).first.wait_for()


def test_the_local_app_goes_on_when_no_relay_is_configured() -> None:
    with run_script(EXAMPLE) as script:
        local = script.wait_for_line(r"local URL: +(http://\S+)").group(1)
        script.wait_for_line(r"no relay is configured")
        assert visit(local).status == 200
