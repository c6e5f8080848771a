"""What one event starts, and what follows it: chains, cancelling, scripts, states, timers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, expect

from tests.support import wait_for
from tests.ui.browser.stage import Job, Stage

Open = Callable[[Stage], Page]


def button(page: Page, name: str) -> Any:
    return page.get_by_role("button", name=name)


def test_a_chain_goes_on_as_its_links_end(open_stage: Open) -> None:
    stage = Stage()
    go = stage.add("button", value="Go")
    log = stage.add("textbox", label="log", interactive=False)
    said: list[str] = []

    def link(name: str, fails: bool = False) -> Callable[[Job], None]:
        def run(job: Job) -> None:
            said.append(name)
            if fails:
                job.fail("it broke")
            else:
                job.done(log, " ".join(said))

        return run

    first = stage.on(go, "click", [], [log], link("first"))
    broken = stage.after(first, "success", [log], link("broken", fails=True))
    stage.after(broken, "success", [log], link("never"))
    stage.after(broken, "failure", [log], link("mended"))
    last = stage.after(broken, "then", [log], link("anyway"))
    stage.after(last, "then", [log], link("end"))

    page = open_stage(stage)
    button(page, "Go").click()

    expect(page.get_by_label("log")).to_have_value("first broken mended anyway end")


def test_a_stop_button_ends_a_generator_and_its_chain(open_stage: Open) -> None:
    stage = Stage()
    go, stop = stage.add("button", value="Go"), stage.add("button", value="Stop it")
    out = stage.add("textbox", label="out", interactive=False)
    after = stage.add("textbox", label="after", interactive=False)

    async def count(job: Job) -> None:
        job.step(out, value="1")
        await asyncio.sleep(30)

    counting = stage.on(go, "click", [], [out], count)
    stage.after(counting, "then", [after], lambda job: job.done(after, "went on"))
    stage.on(stop, "click", [], [], lambda job: job.done(), backend_fn=False, cancels=[counting])

    page = open_stage(stage)
    button(page, "Go").click()
    expect(page.get_by_label("out")).to_have_value("1")
    button(page, "Stop it").click()

    expect(page.locator("[aria-busy=true]")).to_have_count(0)
    expect(page.get_by_label("out")).to_have_value("1")
    expect(page.get_by_label("after")).to_have_value("")
    wait_for(lambda: stage.heard[-1]["type"] == "cancel", what="the app is told")


def test_a_script_alone_needs_no_round_trip(open_stage: Open) -> None:
    stage = Stage()
    stage.scripts["swap.js"] = "export default async (a, b) => [b, a]"
    stage.scripts["bad.js"] = "export default () => { throw new Error('no such thing') }"
    one, two = stage.add("textbox", label="one", value="1"), stage.add("textbox", label="two", value="2")
    swap, bad = stage.add("button", value="Swap"), stage.add("button", value="Break")
    js = {"backend_fn": False, "js": "doorstep/script/swap.js"}
    stage.on(swap, "click", [one, two], [one, two], Job.done, **js)
    stage.on(bad, "click", [], [], Job.done, **{**js, "js": "doorstep/script/bad.js"})

    page = open_stage(stage)
    button(page, "Swap").click()
    expect(page.get_by_label("one")).to_have_value("2")
    expect(page.get_by_label("two")).to_have_value("1")

    button(page, "Break").click()
    expect(page.locator(".toast")).to_contain_text("no such thing")
    assert [each for each in stage.heard if each["type"] == "run"] == []


def test_a_state_stays_in_the_app_and_its_change_is_an_event(open_stage: Open) -> None:
    stage = Stage()
    state = stage.add("state", value=1)
    go, seen = stage.add("button", value="Count"), stage.add("textbox", label="seen", interactive=False)
    count = {"value": 1}

    def up(job: Job) -> None:
        count["value"] += 1
        job.done(state, count["value"])

    stage.on(go, "click", [state], [state], up)
    stage.on(state, "change", [state], [seen], lambda job: job.done(seen, f"now {count['value']}"))

    page = open_stage(stage)
    button(page, "Count").click()

    expect(page.get_by_label("seen")).to_have_value("now 2")
    assert [each["data"] for each in stage.heard if each["type"] == "run"] == [[None], [None]]


def test_a_browser_state_outlives_the_page(open_stage: Open) -> None:
    stage = Stage()
    state = stage.add("browser_state", value="first", storage_key="stage-notes")
    box, keep = stage.add("textbox", label="box"), stage.add("button", value="Keep")
    stage.on(0, "load", [state], [box], lambda job: job.done(box, job.data[0]))
    stage.on(keep, "click", [box], [state], lambda job: job.done(state, job.data[0]))

    page = open_stage(stage)
    expect(page.get_by_label("box")).to_have_value("first")
    page.get_by_label("box").fill("second")
    button(page, "Keep").click()
    page.wait_for_function("() => localStorage.getItem('stage-notes') === '\"second\"'")
    page.reload()

    expect(page.get_by_label("box")).to_have_value("second")


def test_a_timer_ticks_until_the_app_stops_it(open_stage: Open) -> None:
    stage = Stage()
    timer = stage.add("timer", value=0.02, active=True)
    out = stage.add("textbox", label="ticks", interactive=False)
    ticks: list[int] = []

    def tick(job: Job) -> None:
        ticks.append(job.number)
        changes = [[out, {"value": str(len(ticks))}]]
        if len(ticks) == 3:
            changes.append([timer, {"active": False}])
        job.say("done", changes=changes, seconds=0.0)

    stage.on(timer, "tick", [], [out, timer], tick)

    page = open_stage(stage)
    expect(page.get_by_label("ticks")).to_have_value("3")
    page.wait_for_timeout(150)
    assert len(ticks) == 3


def test_events_carry_what_the_app_asked_for(open_stage: Open) -> None:
    stage = Stage()
    radio = stage.add("radio", label="size", choices=[["Small", "s"], ["Large", "l"]])
    out = stage.add("textbox", label="out", interactive=False)

    def told(job: Job) -> None:
        job.done(out, f"{job.event['index']} {job.event['value']} {job.event['selected']}")

    stage.on(radio, "select", [], [out], told, wants_event=True)

    page = open_stage(stage)
    page.get_by_label("Large").check()

    expect(page.get_by_label("out")).to_have_value("1 l True")


def test_a_part_of_the_page_is_rendered_anew_and_kept_text_stays(open_stage: Open) -> None:
    stage = Stage()
    more = stage.add("button", value="More")
    block = stage.add("render")
    echo = stage.add("textbox", label="echo", interactive=False)
    boxes: list[dict[str, Any]] = []

    def render(job: Job) -> None:
        boxes.append(stage.component("textbox", label=f"box {len(boxes) + 1}"))
        components = [each if each is boxes[-1] else {**each, "keep": ["value"]} for each in boxes]
        first = boxes[0]["id"]
        echoes = stage.dependency(
            [(first, "change")], [first], [echo], id=50, function=lambda job: job.done(echo, job.data[0])
        )
        children = [{"id": each["id"], "children": []} for each in boxes]
        stage.say("render", block=block, components=components, children=children, dependencies=[echoes])
        job.done()

    stage.on(more, "click", [], [], render)
    stage.on(0, "load", [], [], render)

    page = open_stage(stage)
    page.get_by_label("box 1").fill("typed")
    expect(page.get_by_label("echo")).to_have_value("typed")
    page.get_by_label("box 1").press("End")
    page.evaluate("document.querySelector('.button').click()")

    expect(page.get_by_label("box 2")).to_be_visible()
    expect(page.get_by_label("box 1")).to_have_value("typed")
    expect(page.get_by_label("box 1")).to_be_focused()
    page.keyboard.type("!")
    expect(page.get_by_label("echo")).to_have_value("typed!")
