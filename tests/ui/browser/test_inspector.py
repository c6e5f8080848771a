"""The inspector's page, over a real link: what a visitor asks for is there at once, and can be sent again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from doorstep_client import Link, share
from tests.client.test_inspector import echo
from tests.support import Relay, visit


def opened(relay: Relay, **options: Any) -> Link:
    """On a thread of its own: Playwright runs a loop on this one."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(share, echo, relay=relay.url, token=relay.token(), **options).result()


@pytest.fixture
def link(relay: Relay, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Link]:
    monkeypatch.setenv("DOORSTEP_CONFIG", str(tmp_path / "login.json"))
    with opened(relay, name="looked-at", inspect=True) as link:
        yield link


def test_a_link_shows_no_requests_unless_that_is_asked_for(relay: Relay) -> None:
    with opened(relay) as link:
        assert link.inspect_url is None


def test_a_request_appears_is_looked_at_and_sent_again(
    link: Link, page: Page, violations: Callable[[Page], list[dict[str, Any]]]
) -> None:
    page.goto(str(link.inspect_url))
    expect(page.get_by_text("No request yet")).to_be_visible()
    hostile = "/<img src=x onerror=alert(1)>".replace(" ", "%20")
    visit(f"{link.url}/first?a=1", method="POST", body=b'{"b": 1}', headers={"Authorization": "Bearer hush"})
    visit(link.url + hostile)

    first = page.get_by_role("button", name="/first?a=1")
    expect(first).to_contain_text("201")
    expect(page.locator("#list li")).to_have_count(2)
    expect(page.locator("#list li").first).to_contain_text("onerror")
    page.get_by_label("Filter").fill("post first")
    expect(page.locator("#list li:visible")).to_have_count(1)

    first.click()
    detail = page.get_by_role("region", name="The request", exact=True)
    expect(detail).to_contain_text('"b": 1')
    expect(detail).to_contain_text("••••••")
    expect(detail).not_to_contain_text("hush")
    detail.get_by_role("button", name="Show secrets").click()
    expect(detail).to_contain_text("Bearer hush")

    detail.get_by_role("button", name="Send again").click()
    expect(detail).to_contain_text("sent again by you")
    expect(detail).to_contain_text("201")
    expect(detail).not_to_contain_text("hush")
    assert violations(page) == []


def test_the_page_works_on_a_phone_and_in_the_dark(
    link: Link, page: Page, violations: Callable[[Page], list[dict[str, Any]]]
) -> None:
    page.emulate_media(color_scheme="dark")
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(str(link.inspect_url))
    visit(f"{link.url}/{'long-path-' * 30}")
    page.locator("#list button").first.click()
    expect(page.get_by_role("heading", name="Request headers")).to_be_in_viewport()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert violations(page) == []
    link.close()
    expect(page.get_by_text("The link has ended")).to_be_visible()
