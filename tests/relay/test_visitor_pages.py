"""The relay's pages for visitors, in a real browser: no script, on a telephone, in the dark, by keyboard."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.link.clients import client
from tests.support import run_relay

AXE = Path(__file__).parents[2] / "ui_runtime" / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
PASSWORD = "open-sesame"


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A link that asks for a password, on a relay that tells people where pages come from."""
    with (
        run_relay(tmp_path_factory.mktemp("pages") / "relay", "--interstitial", "browsers") as relay,
        client(relay, relay.token("ann"), name="guarded", password=PASSWORD) as running,
    ):
        yield running.url


@pytest.fixture
def telephone(browser: Browser) -> Iterator[Page]:
    """A dark telephone, without scripts."""
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, color_scheme="dark", java_script_enabled=False
    )
    yield context.new_page()
    context.close()


def serious(page: Page) -> list[str]:
    """What axe-core finds wrong."""
    page.evaluate(AXE.read_text())
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
    return [f"{one['id']}: {[node['html'] for node in one['nodes']]}" for one in found]


def is_narrow(page: Page) -> bool:
    return bool(page.locator("main").bounding_box()["width"] <= 390)  # type: ignore[index]


def test_a_person_logs_in_is_told_and_arrives_on_a_telephone_without_scripts(
    telephone: Page, url: str
) -> None:
    telephone.goto(f"{url}/deep?x=1")
    expect(telephone).to_have_title("This link asks for a password")
    expect(telephone.get_by_label("Password")).to_be_focused()
    telephone.keyboard.type("wrong")
    telephone.keyboard.press("Enter")
    expect(telephone.get_by_role("alert")).to_have_text("This is not the password.")
    assert is_narrow(telephone)
    telephone.get_by_label("Password").fill(PASSWORD)
    telephone.get_by_role("button", name="Continue").click()
    expect(telephone).to_have_title("You are about to visit somebody's app")
    telephone.get_by_role("button", name="Continue to the page").click()
    expect(telephone).to_have_url(re.compile(r"/deep\?x=1$"))
    expect(telephone.locator("body")).to_contain_text('"path": "/deep"')
    telephone.goto(url)
    expect(telephone.locator("body")).to_contain_text('"path": "/"')


def test_a_visitor_reports_a_link(telephone: Page, url: str) -> None:
    telephone.goto(url)
    telephone.get_by_role("link", name="Report this link").click()
    telephone.get_by_label(re.compile("Deception")).check()
    telephone.get_by_label("What is wrong?").fill("It asks for my password.")
    telephone.get_by_role("button", name="Send the report").click()
    expect(telephone).to_have_title("Thank you")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_wrong_with_them(browser: Browser, url: str, scheme: str) -> None:
    context = browser.new_context(color_scheme=scheme)  # type: ignore[arg-type]
    page = context.new_page()
    try:
        for path in ("/.doorstep/login", "/.doorstep/welcome", "/.doorstep/report"):
            page.goto(url + path)
            assert not serious(page), path
    finally:
        context.close()
