"""What a person is told: notices, progress, places in line, refusals; and that nothing typed is lost."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, Route, WebSocketRoute, expect

from tests.ui.browser.moments import expect_noted, note
from tests.ui.browser.stage import Job, Stage

Open = Callable[[Stage], Page]


def with_output(name: str = "out") -> tuple[Stage, int, int]:
    stage = Stage()
    return stage, stage.add("button", value="Go"), stage.add("textbox", label=name, interactive=False)


def go(page: Page) -> None:
    page.get_by_role("button", name="Go").click()


def test_progress_is_a_bar_with_its_steps_and_a_queue_a_place(open_stage: Open) -> None:
    stage, button, out = with_output()
    other = stage.add("textbox", label="waits", interactive=False)
    stage.on(
        button,
        "click",
        [],
        [out],
        lambda job: job.say("progress", step=3, total=12, unit="files", text="Reading"),
    )
    stage.on(button, "click", [], [other], lambda job: job.say("queued", position=1, size=5, eta=2.6))

    page = open_stage(stage)
    go(page)

    block = page.locator(".block", has=page.get_by_label("out"))
    expect(block.get_by_role("progressbar")).to_have_attribute("value", "0.25")
    expect(block).to_contain_text("Reading · 3/12 files")
    expect(page.locator(".block", has=page.get_by_label("waits"))).to_contain_text("2 of 5 in line · ~3 s")


def test_progress_stands_where_the_app_wants_it(open_stage: Open) -> None:
    stage, button, out = with_output()
    place = stage.add("textbox", label="place", interactive=False)
    stage.on(button, "click", [], [out], lambda job: job.say("started"), show_progress_on=[place])

    page = open_stage(stage)
    go(page)

    expect(page.locator(".block", has=page.get_by_label("place"))).to_have_attribute("aria-busy", "true")
    expect(page.locator(".block", has=page.get_by_label("out"))).to_have_attribute("aria-busy", "false")


def test_notices_go_by_themselves_by_key_or_stay_until_closed(open_stage: Open) -> None:
    stage, button, out = with_output()

    def tell(job: Job) -> None:
        stage.say("toast", level="info", title="Soon", message="gone <b>soon</b>", seconds=1)
        stage.say("toast", level="warning", title="Stays", message="until closed", seconds=0)
        stage.say("toast", level="success", title="Last", message="by key", seconds=0)
        job.done(out, "told")

    stage.on(button, "click", [], [out], tell)
    page = open_stage(stage)
    note(page, ".toast")
    go(page)

    toasts = page.locator(".toast")
    expect_noted(page, "gone <b>soon</b>")
    expect(toasts.filter(has_text="by key")).to_have_count(1)
    expect(toasts).to_have_count(2)
    page.keyboard.press("Escape")
    expect(toasts).to_have_count(1)
    toasts.get_by_role("button", name="Close").click()
    expect(toasts).to_have_count(0)


def test_a_notice_waits_while_somebody_points_at_it(page: Page, open_stage: Open) -> None:
    """By a clock of the page's own, which is put forward."""
    page.clock.install()
    stage, button, out = with_output()

    def tell(job: Job) -> None:
        stage.say("toast", level="info", title="Read me", message="slowly", seconds=10)
        job.done(out, "told")

    stage.on(button, "click", [], [out], tell)
    open_stage(stage)
    go(page)

    page.locator(".toast").hover()
    page.clock.fast_forward(12_000)
    expect(page.locator(".toast")).to_have_count(1)
    page.mouse.move(5, 5)
    page.clock.fast_forward(12_000)
    expect(page.locator(".toast")).to_have_count(0)


def test_what_a_validator_says_stands_at_the_component_until_it_changes(open_stage: Open) -> None:
    stage, button, out = with_output()
    box = stage.add("textbox", label="name", value="x")

    def check(job: Job) -> None:
        if len(job.data[0]) < 3:
            job.fail("", title="", code="refused", invalid=[[box, "At least 3 characters"]])
        else:
            job.done(out, "fine")

    stage.on(button, "click", [box], [out], check)
    page = open_stage(stage)
    go(page)

    field = page.get_by_label("name")
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_have_accessible_description("At least 3 characters")
    expect(page.locator(".failure")).to_have_count(0)
    field.fill("xyz")
    expect(page.get_by_text("At least 3 characters")).to_have_count(0)
    go(page)
    expect(page.get_by_label("out")).to_have_value("fine")


def test_the_traceback_that_an_app_shows_is_behind_details(open_stage: Open) -> None:
    stage, button, out = with_output()
    stage.on(
        button, "click", [], [out], lambda job: job.fail("division by zero", traceback="File app.py, line 3")
    )
    page = open_stage(stage)
    go(page)

    expect(page.get_by_role("alert")).to_contain_text("division by zero")
    expect(page.get_by_text("File app.py, line 3")).to_be_hidden()
    page.get_by_text("Details").click()
    expect(page.get_by_text("File app.py, line 3")).to_be_visible()


def test_typing_goes_on_while_other_components_change(open_stage: Open) -> None:
    stage, button, out = with_output()
    box = stage.add("textbox", label="note")

    async def count(job: Job) -> None:
        for number in range(60):
            job.step(out, value=str(number))
            await asyncio.sleep(0.01)
        job.done(out, label="renamed")

    stage.on(button, "click", [box], [out], count)
    page = open_stage(stage)
    go(page)
    page.get_by_label("note").press_sequentially("what a person types", delay=25)

    expect(page.get_by_label("renamed")).to_have_value("59")
    expect(page.get_by_label("note")).to_be_focused()
    expect(page.get_by_label("note")).to_have_value("what a person types")


def test_properties_change_with_or_without_the_value(open_stage: Open) -> None:
    stage, button, out = with_output()
    radio = stage.add("radio", label="size", choices=[["Small", "s"]], value="s")
    stage.on(
        button,
        "click",
        [],
        [radio, out],
        lambda job: job.say(
            "done",
            changes=[
                [radio, {"choices": [["Small", "s"], ["Huge", "h"]], "value": "h"}],
                [out, {"visible": False}],
            ],
            seconds=0,
        ),
    )
    page = open_stage(stage)
    go(page)

    expect(page.get_by_label("Huge")).to_be_checked()
    expect(page.get_by_label("out")).to_have_count(0)


def test_where_websockets_are_blocked_the_page_works_over_http(page: Page, open_stage: Open) -> None:
    page.route_web_socket("**/doorstep/session", lambda socket: socket.close(code=1011))
    stage, button, out = with_output()

    async def count(job: Job) -> None:
        for number in range(3):
            job.step(out, value=str(number))
            await asyncio.sleep(0.02)
        job.done(out, "counted")

    counting = stage.on(button, "click", [], [out], count)
    stage.after(counting, "success", [out], lambda job: job.done(out, "followed"))
    open_stage(stage)
    go(page)

    expect(page.get_by_label("out")).to_have_value("followed")
    expect(page.locator(".banner")).to_have_text("")
    assert stage.sockets_opened == 0


def test_a_job_goes_on_through_a_cut_connection(page: Page, open_stage: Open) -> None:
    sockets: list[WebSocketRoute] = []

    def route(socket: WebSocketRoute) -> None:
        sockets.append(socket)
        socket.connect_to_server()

    page.route_web_socket("**/doorstep/session", route)
    stage, button, out = with_output()

    is_cut = threading.Event()

    async def count(job: Job) -> None:
        job.step(out, value="0")
        await asyncio.to_thread(is_cut.wait, 20)
        for number in range(1, 30):
            await asyncio.sleep(0.05)
            job.step(out, append=f" {number}")
        job.done()

    stage.on(button, "click", [], [out], count)
    open_stage(stage)
    go(page)
    expect(page.get_by_label("out")).not_to_have_value("")
    sockets[-1].close(code=1012)
    is_cut.set()

    expect(page.get_by_label("out")).to_have_value(" ".join(map(str, range(30))))
    assert len(sockets) == 2


def test_a_changed_app_takes_its_place_without_losing_what_was_typed(open_stage: Open) -> None:
    stage = Stage()
    stage.add("textbox", label="name", value="default")
    stage.add("textbox", label="untouched", value="old")
    with stage.within("tabs"):
        for name in ("One", "Two"):
            with stage.within("tab", label=name, id=name):
                stage.add("textbox", label=f"in {name}")
    page = open_stage(stage)
    page.get_by_role("tab", name="Two").click()
    page.get_by_label("name").fill("typed")
    page.evaluate("window.loadedOnce = true")

    for entry in stage.config["components"]:
        entry["id"] += 100
        if entry["props"].get("label") == "untouched":
            entry["props"]["value"] = "new"

    def renumber(node: dict[str, object]) -> None:
        for child in node["children"]:  # type: ignore[attr-defined]
            child["id"] += 100
            renumber(child)

    renumber(stage.config["layout"])
    stage.config["title"] = "Second version"
    stage.say_soon("reload")

    expect(page).to_have_title("Second version")
    expect(page.get_by_label("name")).to_have_value("typed")
    expect(page.get_by_label("untouched")).to_have_value("new")
    expect(page.get_by_role("tab", name="Two")).to_have_attribute("aria-selected", "true")
    assert page.evaluate("window.loadedOnce")


def test_a_page_of_500_components_answers_at_once(open_stage: Open) -> None:
    stage, button, out = with_output()

    def echoing(place: int) -> Callable[[Job], None]:
        return lambda job: job.done(place, job.data[0])

    for number in range(250):
        box = stage.add("textbox", label=f"box {number}")
        echo = stage.add("textbox", label=f"echo {number}", interactive=False)
        stage.on(box, "change", [box], [echo], echoing(echo))
    answers = iter(("first", "second", "third"))
    stage.on(button, "click", [], [out], lambda job: job.done(out, next(answers)))
    page = open_stage(stage)
    expect(page.get_by_label("echo 249")).to_be_attached()

    page.get_by_label("box 249").fill("far down")
    expect(page.get_by_label("echo 249")).to_have_value("far down")
    took = []
    for answer in ("first", "second", "third"):
        started = time.monotonic()
        go(page)
        expect(page.get_by_label("out")).to_have_value(answer)
        took.append(time.monotonic() - started)
    assert min(took) < 6


def test_a_page_that_cannot_fetch_a_script_says_so(page: Page, open_stage: Open) -> None:
    def missing(route: Route) -> None:
        route.fulfill(status=404)

    page.route("**/doorstep/script/*", missing)
    stage, button, out = with_output()
    stage.on(button, "click", [], [out], Job.done, js="doorstep/script/gone.js")
    open_stage(stage)
    go(page)

    expect(page.get_by_role("alert").first).to_contain_text("A script of this page failed")


def test_axe_finds_nothing_serious_in_what_a_person_is_told(
    page: Page, open_stage: Open, violations: Callable[[Page], list[dict[str, Any]]]
) -> None:
    page.emulate_media(reduced_motion="reduce")
    stage, button, out = with_output()
    box = stage.add("textbox", label="name")
    radio = stage.add("radio", label="size", choices=[["Small", "s"]])
    waits = stage.add("textbox", label="waits", interactive=False)

    def tell(job: Job) -> None:
        for level in ("info", "warning", "success", "error"):
            stage.say("toast", level=level, title=level, message="something", seconds=0)
        job.fail("", title="", code="refused", invalid=[[box, "Too short"], [radio, "Choose one"]])

    stage.on(button, "click", [], [], tell)
    stage.on(button, "click", [], [waits], lambda job: job.say("progress", fraction=0.4, text="Reading"))
    stage.on(button, "click", [], [out], lambda job: job.fail("it broke", traceback="line 3"))
    open_stage(stage)
    go(page)
    expect(page.locator(".toast")).to_have_count(4)
    expect(page.get_by_text("Choose one")).to_be_visible()

    assert violations(page) == []
