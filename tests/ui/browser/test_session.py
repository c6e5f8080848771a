"""What a person sees while work is under way, and when the connection is not."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from typing import Any

from playwright.sync_api import Page, WebSocketRoute, expect

import doorstep as ds
from doorstep_relay.edge.rendering import render
from tests.ui.browser.moments import expect_noted, note

Visit = Callable[[ds.Blocks], Page]


def test_work_that_takes_a_while_says_so_and_for_how_long(visit: Visit) -> None:
    go_on = threading.Event()

    def slow(text: str) -> str:
        go_on.wait(20)
        return text.upper()

    page = visit(ds.Interface(slow, "text", ds.Textbox(label="result")))
    page.get_by_label("text").fill("done")
    page.get_by_role("button", name="Submit").click()

    block = page.locator(".block", has=page.get_by_label("result"))
    expect(block).to_have_attribute("aria-busy", "true")
    expect(block.locator(".elapsed")).to_have_text(re.compile(r"^([1-9]|0\.[2-9])"))
    go_on.set()
    expect(page.get_by_label("result")).to_have_value("DONE")
    expect(block).to_have_attribute("aria-busy", "false")


def test_the_steps_of_a_generator_arrive_one_by_one(visit: Visit) -> None:
    steps = threading.Semaphore(0)

    def count(_: str) -> Iterator[str]:
        text = ""
        for word in ("one", "two", "three"):
            assert steps.acquire(timeout=30)
            text += word + " "
            yield text

    page = visit(ds.Interface(count, "text", ds.Textbox(label="result")))
    page.get_by_role("button", name="Submit").click()

    for text in ("one ", "one two ", "one two three "):
        steps.release()
        expect(page.get_by_label("result")).to_have_value(text)


def pass_on(socket: WebSocketRoute, heard: list[str | bytes]) -> None:
    """Connects a page to its app, and notes what the app says."""

    def tell(message: str | bytes) -> None:
        socket.send(message)
        heard.append(message)

    socket.connect_to_server().on_message(tell)


def until_welcome(page: Page, heard: list[str | bytes]) -> None:
    """Until the app has said its first word. Only Playwright's own calls carry it there."""
    for _ in range(1000):
        if heard:
            return
        page.wait_for_timeout(20)
    raise TimeoutError("the app did not welcome the page")


def test_a_dropped_connection_is_told_and_taken_up_again(page: Page, visit: Visit) -> None:
    sockets: list[WebSocketRoute] = []
    refuse = threading.Event()

    def route(socket: WebSocketRoute) -> None:
        if refuse.is_set():
            socket.close(code=1012)
            return
        sockets.append(socket)
        pass_on(socket, heard)

    heard: list[str | bytes] = []
    page.route_web_socket("**/doorstep/session", route)
    visit(ds.Interface(lambda name: f"Hello {name}!", "text", ds.Textbox(label="result")))
    banner = page.locator(".banner")
    until_welcome(page, heard)

    refuse.set()
    sockets[-1].close(code=1012)
    expect(banner).to_contain_text("Reconnecting")
    page.get_by_label("name").fill("World")
    page.get_by_role("button", name="Submit").click()
    note(page, ".banner")
    refuse.clear()

    expect_noted(page, "Connected again")
    expect(page.get_by_label("result")).to_have_value("Hello World!")
    expect(banner).to_have_text("")


def test_a_share_that_has_ended_says_so_and_why_in_the_relays_words(page: Page, visit: Visit) -> None:
    sockets: list[WebSocketRoute] = []

    def route(socket: WebSocketRoute) -> None:
        sockets.append(socket)
        pass_on(socket, heard)

    heard: list[str | bytes] = []
    page.route_web_socket("**/doorstep/session", route)
    visit(ds.Interface(str.upper, "text", "text"))
    until_welcome(page, heard)
    answer = render("revoked", as_html=False, reason="Reported as phishing. Write to help@example.org.")
    body = answer.partition(b"\r\n\r\n")[2]
    page.route(
        "**/config",
        lambda config: config.fulfill(status=410, content_type="application/problem+json", body=body),
    )

    sockets[-1].close(code=1012)

    ended = page.get_by_role("alertdialog")
    expect(ended).to_contain_text("This link was revoked")
    expect(ended).to_contain_text("Reported as phishing. Write to help@example.org.")


def test_a_component_of_an_unknown_type_is_named(page: Page, visit: Visit) -> None:
    class Hologram(ds.Textbox):
        pass

    Hologram.type = "hologram"  # type: ignore[attr-defined]
    visit(ds.Interface(str.upper, Hologram(label="beam"), "text"))

    expect(page.get_by_role("note")).to_contain_text("hologram")


def test_what_was_wrong_with_a_value_is_not_said_of_the_next_one(visit: Visit) -> None:
    page = visit(ds.Interface(lambda n: f"got {n}", ds.Number(maximum=10), ds.Textbox(label="result")))
    refusal = page.get_by_role("alert").filter(has_text="Input refused")
    page.get_by_label("n", exact=True).fill("99")
    page.get_by_role("button", name="Submit").click()
    expect(refusal).to_be_visible()

    page.get_by_label("n", exact=True).fill("5")
    expect(refusal).to_have_count(0)
    page.get_by_role("button", name="Submit").click()
    expect(page.get_by_label("result")).to_have_value("got 5")
    expect(refusal).to_have_count(0)


def test_a_new_run_takes_back_what_the_last_one_refused(visit: Visit) -> None:
    lenient = threading.Event()

    class Moody(ds.Textbox):
        def preprocess(self, wire: Any, files: Any) -> Any:
            if not lenient.is_set():
                raise self.refuse("not today")
            return super().preprocess(wire, files)

    page = visit(ds.Interface(str.upper, Moody(label="mood"), ds.Textbox(label="result")))
    refusal = page.get_by_role("alert").filter(has_text="not today")
    page.get_by_label("mood").fill("fine")
    page.get_by_role("button", name="Submit").click()
    expect(refusal.first).to_be_visible()

    lenient.set()
    page.get_by_role("button", name="Submit").click()
    expect(page.get_by_label("result")).to_have_value("FINE")
    expect(page.locator(".failure")).to_have_count(0)
