"""The dashboard in Chromium, before a real relay with a real client: what an admin does with a link."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.link.clients import client
from tests.support import run_relay, visit, wait_for
from tests.ui.browser.dashboard import Stage, choose, field, open_stage, press, row, sign_in, tab

PANEL = ("Pause or end", "Time and owner", "Who may look", "Limits")
TABS = (
    *("All", "Tokens", "Accounts", "Shut out", "Limits of the account", "Invitations", "Reports"),
    *("Names", "Domains", "Audit", "Usage", "Settings"),
)
HOSTILE = "<img src=x onerror=alert(1)>"


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with open_stage(tmp_path_factory.mktemp("dashboard"), label=HOSTILE) as made:
        yield made


def test_an_admin_sees_a_link_with_its_visitors_revokes_it_and_finds_that_in_the_audit_trail(
    page: Page, browser: Browser, stage: Stage
) -> None:
    with client(stage.relay, stage.member, name="going") as going:
        sign_in(page, stage, stage.admin)
        expect(row(page, "going")).to_contain_text("alice")
        visitor = browser.new_page()
        visitor.goto(going.url)
        visitor.evaluate("() => { fetch('/slow?60').catch(() => {}) }")
        row(page, "going").get_by_text("going").click()
        about = page.locator("#about")
        expect(about.locator("dl > div").filter(has_text="Visitors now").locator("dd")).to_have_text("1")
        expect(row(page, "going").get_by_role("gridcell").nth(4)).to_have_text("1")
        page.get_by_role("button", name="Revoke link").click()
        expect(page.get_by_text("Give a reason")).to_be_visible()
        page.get_by_label("Reason", exact=True).fill(f"against the rules {HOSTILE}")
        page.get_by_role("button", name="Revoke link").click()
        page.get_by_role("button", name="Yes, revoke going").click()
        wait_for(lambda: visit(going.url).status == 410, what="the link's end")
        expect(row(page, "going")).to_have_count(0)
        assert "against the rules" in visitor.goto(going.url).text()  # type: ignore[union-attr]
        visitor.close()
        tab(page, "Audit")
        expect(row(page, "share.revoke")).to_contain_text(f"against the rules {HOSTILE}")
        expect(row(page, "share.revoke")).to_contain_text("account:root")
        assert page.locator("img[src=x]").count() == 0
        assert going.ended() == "revoked"


def test_every_tab_of_an_admin_shows_what_it_is_about(page: Page, stage: Stage) -> None:
    sign_in(page, stage, stage.admin)
    tab(page, "All")
    expect(row(page, "lunch-menu")).to_contain_text("live")
    tab(page, "Live now")
    expect(row(page, "lunch-menu")).to_contain_text("alice")
    tab(page, "Tokens")
    expect(row(page, HOSTILE)).to_contain_text("alice")
    expect(page.locator(".toast")).to_have_count(0)  # an error of what turning to a tab does
    tab(page, "Accounts")
    expect(row(page, "root")).to_contain_text("admin")
    tab(page, "Invitations")
    page.get_by_text("Invite somebody").click()
    page.get_by_role("textbox", name="For the account").fill("bob")
    page.get_by_role("button", name="Invite", exact=True).click()
    expect(row(page, "bob")).to_contain_text("open")
    expect(page.get_by_label("Code: copy it now")).to_have_value(re.compile("^dsi_"))
    tab(page, "Reports")
    expect(page.get_by_role("radio", name="Open")).to_be_checked()
    tab(page, "Usage")
    expect(page.get_by_role("grid", name="Usage")).to_be_visible()
    tab(page, "Settings")
    expect(row(page, "--domain")).to_contain_text("localhost")
    expect(row(page, "--secret")).to_contain_text("kept back")


def test_an_admin_bans_an_account_and_lets_it_in_again(page: Page, stage: Stage) -> None:
    token = stage.relay.token("mallory")
    with client(stage.relay, token, name="bad") as bad:
        sign_in(page, stage, stage.admin)
        tab(page, "Accounts")
        row(page, "mallory").get_by_text("mallory").click()
        expect(page.locator("#account")).to_contain_text("1 link")
        tab(page, "Shut out")
        page.get_by_label("Reason").fill("spam")
        page.get_by_role("button", name="Ban", exact=True).click()
        expect(page.get_by_text("Shut mallory out? 1 link")).to_be_visible()
        page.get_by_role("button", name="Yes, ban mallory").click()
        expect(row(page, "mallory")).to_contain_text("spam")
        wait_for(lambda: visit(bad.url).status == 410, 1.0, what="the links' end")
        page.get_by_role("button", name="Let in again").click()
        expect(row(page, "mallory")).not_to_contain_text("spam")


def test_a_member_sees_and_changes_only_what_is_their_own(page: Page, stage: Stage) -> None:
    with client(stage.relay, stage.relay.token("carol"), name="carols"):
        sign_in(page, stage, stage.member)
        expect(row(page, "lunch-menu")).to_be_visible()
        expect(row(page, "carols")).to_have_count(0)
        names = page.get_by_role("tab").all_inner_texts()
        assert names == ["Links", "Tokens", "Names", "Domains", "Audit", "Usage", "Live now", "All"]
        row(page, "lunch-menu").get_by_text("lunch-menu").click()
        page.get_by_role("button", name="Pause").click()
        expect(page.locator("#about")).to_contain_text("paused")
        assert stage.relay.visit(stage.client.url).status == 503
        page.get_by_role("button", name="Resume").click()
        expect(page.locator("#about")).to_contain_text("live")
        assert page.get_by_role("button", name="Ban owner").count() == 0
        tab(page, "Tokens")
        expect(row(page, HOSTILE)).to_be_visible()
        expect(row(page, "carol")).to_have_count(0)


def test_who_signs_out_elsewhere_is_told_within_a_second_and_can_do_nothing(page: Page, stage: Stage) -> None:
    sign_in(page, stage, stage.admin)
    row(page, "lunch-menu").get_by_text("lunch-menu").click()
    page.get_by_label("Reason", exact=True).fill("too late")
    other = page.context.new_page()
    other.goto(f"{stage.url}sign-in")
    other.get_by_role("button", name="Sign out").click()
    expect(other.get_by_text("signed in no more")).to_be_visible()
    expect(page.get_by_text("You are signed in no more")).to_be_visible()
    page.get_by_role("button", name="Revoke link").click()
    expect(page.get_by_text("Signed out")).to_be_visible()
    assert stage.relay.visit(stage.client.url).status == 200


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_axe_finds_nothing_on_any_page_and_nothing_is_wider_than_it(
    browser: Browser,
    stage: Stage,
    violations: Callable[[Page], list[dict[str, Any]]],
    scheme: Any,
    width: int,
) -> None:
    context = browser.new_context(color_scheme=scheme, viewport={"width": width, "height": 900})
    page = context.new_page()
    sign_in(page, stage, stage.admin)
    choose(page, "lunch-menu")
    field(page, "Reason").fill("a question is open, too")
    press(page, "Revoke link")
    expect(page.locator(".confirm")).to_be_visible()
    for name in (*PANEL, *TABS):
        tab(page, name)
        if name == "Accounts":
            choose(page, "alice")
            expect(page.locator("#account")).to_contain_text("alice")
        assert violations(page) == [], name
        assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth"), name
    context.close()


def test_a_relay_stops_in_good_order_under_an_open_page(
    page: Page, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with run_relay(tmp_path_factory.mktemp("stopping"), token="root") as relay:
        page.goto(f"http://admin.localhost:{relay.port}/")
        page.fill("#secret", relay.token("root"))
        page.get_by_role("button", name="Sign in").click()
        expect(page.locator("#totals")).to_contain_text("Live links")
        relay.stop()
        assert "Traceback" not in relay.log
