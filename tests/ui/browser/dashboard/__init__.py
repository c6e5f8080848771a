"""A relay whose dashboard is open in Chromium: what the tests of its pages share."""

from __future__ import annotations

import contextlib
import re
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, Page, expect

from tests.link.clients import Client, client
from tests.support import Relay, run_relay, wait_for

ENDS_WITHIN = 1.0
"""Seconds from the click to the last byte that a visitor gets."""


@dataclass
class Stage:
    """A relay with an admin and a member, who has a link."""

    relay: Relay
    admin: str
    member: str
    client: Client

    @property
    def url(self) -> str:
        return f"http://admin.localhost:{self.relay.port}/"

    def one(self, query: str, *values: Any) -> Any:
        """The first value of the first row that the relay's database has for this; None without one."""
        with contextlib.closing(sqlite3.connect(self.relay.data / "relay.db", timeout=10)) as database:
            found = database.execute(query, values).fetchone()
        return found[0] if found else None

    def becomes(self, wanted: Any, query: str, *values: Any) -> None:
        """Wait until the database says so."""
        wait_for(lambda: self.one(query, *values) == wanted, 15, what=f"{wanted!r} by {query}")


@contextlib.contextmanager
def open_stage(folder: Path, *args: str, label: str = "") -> Iterator[Stage]:
    """The stage; more `args` are the relay's. `label` is the member's token's."""
    with run_relay(folder, *args, token="alice") as relay:
        relay.cli("account", "create", "root", "--role", "admin")
        admin = relay.token("root", "--scopes", "share own admin")
        member = relay.token("alice", "--label", label)
        with client(relay, member, name="lunch-menu") as running:
            yield Stage(relay, admin, member, running)


def sign_in(page: Page, stage: Stage, token: str) -> None:
    page.goto(stage.url)
    expect(page).to_have_url(re.compile("/sign-in"))
    page.fill("#secret", token)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("tab", name="Live now")).to_be_visible()


def row(page: Page, text: str) -> Locator:
    return page.get_by_role("row").filter(has_text=text).first


def tab(page: Page, name: str) -> None:
    page.get_by_role("tab", name=name, exact=True).click()


def choose(page: Page, text: str) -> None:
    """Click the row whose first column says this."""
    row(page, text).get_by_text(text, exact=True).first.click()


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).locator("visible=true").click()


def field(page: Page, label: str) -> Locator:
    """The field of this label in the tab that shows."""
    return page.get_by_label(label, exact=True).locator("visible=true")
