"""Real apps of `Blocks` in a real browser: what the parts of both sides do together."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

from playwright.sync_api import Page, expect

import doorstep as ds

Visit = Callable[[ds.Blocks], Page]


def button(page: Page, name: str) -> Any:
    return page.get_by_role("button", name=name)


def test_a_chain_with_an_error_in_the_middle(visit: Visit) -> None:
    def broken() -> str:
        raise ds.Error("it broke")

    with ds.Blocks() as app:
        go = ds.Button("Go")
        log, end = ds.Textbox(label="log"), ds.Textbox(label="end")
        first = go.click(lambda: "first", None, log)
        second = first.success(broken, None, end)
        second.success(lambda: "never", None, log)
        second.failure(lambda text: f"{text} mended", log, log).then(lambda text: f"{text} end", log, log)

    page = visit(app)
    button(page, "Go").click()

    expect(page.get_by_label("log")).to_have_value("first mended end")
    expect(page.get_by_role("alert").first).to_contain_text("it broke")


def test_a_stop_button_and_a_script(visit: Visit) -> None:
    def count() -> Iterator[str]:
        for number in range(200):
            yield str(number)
            time.sleep(0.05)

    with ds.Blocks() as app:
        out, shout = ds.Textbox(label="out"), ds.Textbox(label="loud")
        counting = ds.Button("Go").click(count, None, out)
        ds.Button("Halt").click(None, cancels=[counting])
        ds.Button("Shout").click(None, out, shout, js="(text) => text + '!'")

    page = visit(app)
    button(page, "Go").click()
    expect(page.get_by_label("out")).not_to_have_value("")
    button(page, "Halt").click()
    expect(page.locator("[aria-busy=true]")).to_have_count(0)
    stopped = page.get_by_label("out").input_value()
    button(page, "Shout").click()
    expect(page.get_by_label("loud")).to_have_value(f"{stopped}!")
    expect(page.get_by_label("out")).to_have_value(stopped)


def test_a_state_counts_and_its_change_is_an_event(visit: Visit) -> None:
    with ds.Blocks() as app:
        state, out = ds.State(0), ds.Textbox(label="out")
        ds.Button("Count").click(lambda n: n + 1, state, state)
        state.change(lambda n: f"now {n}", state, out)

    page = visit(app)
    for number in (1, 2):
        button(page, "Count").click()
        expect(page.get_by_label("out")).to_have_value(f"now {number}")


def test_a_timer_ticks(visit: Visit) -> None:
    with ds.Blocks() as app:
        ticks, out = ds.State(0), ds.Textbox(label="out")
        ds.Timer(0.05).tick(lambda n: (n + 1, f"{n + 1}"), ticks, [ticks, out])

    page = visit(app)
    expect(page.get_by_label("out")).to_have_value(re.compile(r"^([4-9]|\d\d+)$"))


def test_a_rendered_part_follows_its_input_and_keeps_what_has_a_key(visit: Visit) -> None:
    with ds.Blocks() as app:
        count = ds.Slider(1, 5, value=1, step=1, label="count")

        @ds.render(inputs=count)
        def boxes(number: int) -> None:
            for index in range(int(number)):
                ds.Textbox(label=f"box {index}", key=index)

    page = visit(app)
    page.get_by_label("box 0").fill("typed")
    page.get_by_label("count (number)").fill("3")
    page.get_by_label("count (number)").press("Enter")
    expect(page.get_by_label("box 2")).to_be_visible()
    expect(page.get_by_label("box 0")).to_have_value("typed")


def test_tabs_accordion_and_pages(visit: Visit) -> None:
    with ds.Blocks() as app, ds.Tabs():
        with ds.Tab("One"):
            ds.Textbox(label="in one")
        with ds.Tab("Two"), ds.Accordion("More", open=False):
            ds.Textbox(label="in two")
    with app.route("About", "/about"):
        name = ds.Textbox(label="name")
        out = ds.Textbox(label="hello")
        name.submit(lambda text: f"Hello {text}", name, out)

    page = visit(app)
    page.get_by_role("tab", name="Two").click()
    page.get_by_text("More").click()
    expect(page.get_by_label("in two")).to_be_visible()
    page.get_by_role("link", name="About").click()
    page.get_by_label("name").fill("you")
    page.get_by_label("name").press("Enter")
    expect(page.get_by_label("hello")).to_have_value("Hello you")


def test_a_validator_speaks_at_its_component(visit: Visit) -> None:
    def check(text: str) -> Any:
        return ds.validate(len(text) > 2, "At least 3 characters")

    with ds.Blocks() as app:
        box, out = ds.Textbox(label="box", value="x"), ds.Textbox(label="out")
        ds.Button("Go").click(str.upper, box, out, validator=check)

    page = visit(app)
    button(page, "Go").click()
    expect(page.get_by_text("At least 3 characters")).to_be_visible()
    expect(page.get_by_label("box")).to_have_attribute("aria-invalid", "true")


def test_a_selection_says_what_and_where(visit: Visit) -> None:
    def told(event: ds.SelectData) -> str:
        return f"{event.index} {event.value} {event.selected}"

    with ds.Blocks() as app:
        radio, out = ds.Radio(["small", "large"], label="size"), ds.Textbox(label="out")
        radio.select(told, None, out)

    page = visit(app)
    page.get_by_label("large").check()
    expect(page.get_by_label("out")).to_have_value("1 large True")


def test_progress_and_notices_come_from_inside_a_function(visit: Visit) -> None:
    def work(progress: ds.Progress = ds.Progress()) -> str:  # noqa: B008 (how progress is asked for)
        progress(0.5, desc="Half way")
        ds.Info("about to finish", title="Soon")
        seen.wait(20)
        return "done"

    seen = threading.Event()

    with ds.Blocks() as app:
        out = ds.Textbox(label="out")
        ds.Button("Go").click(work, None, out)

    page = visit(app)
    button(page, "Go").click()
    expect(page.locator(".block", has=page.get_by_label("out"))).to_contain_text("Half way")
    expect(page.locator(".toast")).to_contain_text("about to finish")
    seen.set()
    expect(page.get_by_label("out")).to_have_value("done")


def test_a_real_app_works_where_websockets_are_blocked(page: Page, visit: Visit) -> None:
    page.route_web_socket("**/doorstep/session", lambda socket: socket.close(code=1011))

    def count() -> Iterator[str]:
        text = ""
        for number in range(5):
            text += str(number)
            yield text
            time.sleep(0.03)

    with ds.Blocks() as app:
        out = ds.Textbox(label="out")
        ds.Button("Go").click(count, None, out)

    visit(app)
    button(page, "Go").click()
    expect(page.get_by_label("out")).to_have_value("01234")


def test_a_page_below_another_finds_its_app_and_the_query_of_its_address(page: Page, serve: Any) -> None:
    def seen(request: ds.Request) -> str:
        return str(request.query_params.get("who"))

    with ds.Blocks() as app:
        ds.Textbox(label="home")
    with app.route("Deep", "/docs/deep"):
        out = ds.Textbox(label="out")
        ds.Button("Go").click(seen, None, out)

    page.goto(f"{serve(app)}/docs/deep?who=me")
    button(page, "Go").click()
    expect(page.get_by_label("out")).to_have_value("me")
    page.get_by_role("link", name="Home").click()
    expect(page.get_by_label("home")).to_be_visible()
