"""Chats in a browser: asking, what can be done about messages, files, thoughts, and long chats."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

import doorstep as ds
from tests.support import wait_for

Visit = Callable[[ds.Blocks], Page]
DEADLINE = 20.0


def box(page: Page) -> Locator:
    return page.get_by_role("textbox", name="Message", exact=True)


def ask(page: Page, text: str) -> None:
    box(page).fill(text)
    box(page).press("Enter")


def bubbles(page: Page, side: str = "") -> Locator:
    return page.locator(f".turn{side} .bubble")


def echo(message: str, history: list[Any]) -> str:
    return f"**{message}**, after {len(history)}"


def told(event: str, **options: Any) -> ds.Blocks:
    """A page whose chat says what its events carry."""

    def tell(data: ds.EventData) -> str:
        return repr(data._data)

    with ds.Blocks() as app:
        chatbot = ds.Chatbot(
            [
                {"role": "user", "content": "one"},
                {"role": "assistant", "content": "two", "options": [{"value": "v", "label": "Choose me"}]},
            ],
            label="chat",
            **options,
        )
        getattr(chatbot, event)(tell, None, ds.Textbox(label="told"))
    return app


def test_a_conversation(visit: Visit, violations: Callable[[Page], list[Any]]) -> None:
    page = visit(ds.ChatInterface(echo, title="Echo", examples=["from an example"], editable=True))
    expect(box(page)).to_be_focused()

    page.get_by_role("button", name="from an example").click()
    expect(bubbles(page, ".assistant").locator("strong")).to_have_text("from an example")
    ask(page, "second")
    expect(bubbles(page).nth(3)).to_contain_text("second, after 2")
    expect(box(page)).to_have_value("")
    assert violations(page) == []

    page.get_by_role("button", name="Retry").click()
    expect(bubbles(page)).to_have_count(4)
    page.get_by_role("button", name="Undo").click()
    expect(bubbles(page)).to_have_count(2)
    expect(box(page)).to_have_value("second")

    page.get_by_role("button", name="Edit message").click()
    page.get_by_role("textbox", name="Edit message").fill("reworded")
    page.get_by_role("textbox", name="Edit message").press("Enter")
    expect(bubbles(page, ".assistant")).to_contain_text("reworded, after 0")

    page.get_by_role("button", name="Clear").click()
    expect(bubbles(page)).to_have_count(0)
    expect(page.get_by_role("button", name="from an example")).to_be_visible()


def test_an_answer_grows_and_leaves_the_rest_alone_until_it_is_stopped(visit: Visit) -> None:
    goes_on, words = threading.Event(), 5

    def talk(message: str, _history: list[Any]) -> Iterator[str]:
        text = ""
        for number in range(words):
            text += f"line **{number}**\n\n"
            yield text
        if message == "endless":
            assert goes_on.wait(DEADLINE)
            yield "never seen"

    page = visit(ds.ChatInterface(talk))
    ask(page, "first")
    expect(bubbles(page, ".assistant").first).to_contain_text("line 4")
    expect(page.get_by_role("button", name="Retry")).to_be_visible()  # it is over
    page.evaluate(
        """() => {
            window.kept = [...document.querySelectorAll('.turn, .turn p')];
            window.touched = 0;
            const watch = new MutationObserver((all) => { window.touched += all.length; });
            watch.observe(document.querySelector('.turn.assistant .bubble'),
                          { childList: true, characterData: true, subtree: true });
        }"""
    )

    ask(page, "endless")
    expect(bubbles(page, ".assistant").nth(1)).to_contain_text("line 4")
    assert page.evaluate("window.kept.every((node) => node.isConnected)")
    assert page.evaluate("window.touched") == 0

    expect(page.get_by_role("button", name="Retry")).to_have_count(0)
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_role("button", name="Stop")).to_have_count(0)
    expect(page.get_by_role("button", name="Submit")).to_be_visible()
    expect(page.get_by_role("button", name="Retry")).to_be_visible()
    goes_on.set()
    expect(bubbles(page, ".assistant").nth(1)).to_contain_text("line 4")


def test_an_answer_is_announced_once_it_is_whole(visit: Visit) -> None:
    page = visit(ds.ChatInterface(lambda message, _: f"{message}!"))

    ask(page, "hello")

    expect(page.locator("[data-type=chatbot] p[aria-live=polite]")).to_have_text("hello!")


def test_what_went_wrong_is_told_in_the_chat_and_can_be_tried_again(visit: Visit) -> None:
    answers: Iterator[Any] = iter([ds.Error("The model is asleep", print_exception=False), "awake"])

    def moody(_message: str, _history: list[Any]) -> str:
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return str(answer)

    page = visit(ds.ChatInterface(moody))
    ask(page, "hello")
    expect(page.get_by_role("region", name="Chatbot").get_by_role("alert")).to_contain_text(
        "The model is asleep"
    )
    expect(bubbles(page, ".user")).to_contain_text("hello")

    page.get_by_role("button", name="Retry").click()
    expect(bubbles(page, ".assistant")).to_contain_text("awake")
    expect(page.get_by_role("alert")).to_have_count(0)


@pytest.mark.parametrize(
    ("event", "button", "carried"),
    [
        ("retry", "Retry", {"index": 0, "value": "one"}),
        ("undo", "Undo", {"index": 0, "value": "one"}),
        ("like", "Dislike", {"index": 1, "value": "two", "liked": False}),
        ("option_select", "Choose me", {"index": 1, "value": "v"}),
        ("clear", "Clear", None),
    ],
)
def test_events_say_what_they_are_about(visit: Visit, event: str, button: str, carried: Any) -> None:
    page = visit(told(event))

    page.get_by_role("button", name=button, exact=True).click()

    expect(page.get_by_label("told")).to_have_value(repr(carried))


def test_feedback_may_be_any_word(visit: Visit) -> None:
    page = visit(told("like", feedback_options=["Like", "Too long"], feedback_value=["Like"]))
    expect(page.get_by_role("button", name="Like", exact=True)).to_have_attribute("aria-pressed", "true")

    page.get_by_role("button", name="Feedback").click()
    page.get_by_role("button", name="Too long").click()

    expect(page.get_by_label("told")).to_have_value(repr({"index": 1, "value": "two", "liked": "Too long"}))
    expect(page.get_by_role("button", name="Like", exact=True)).to_have_attribute("aria-pressed", "false")


def test_messages_are_copied_one_by_one_and_together(visit: Visit, page: Page) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    visit(told("copy", watermark="by a machine", editable="all"))

    page.get_by_role("button", name="Copy message").nth(1).click()
    expect(page.get_by_label("told")).to_have_value(repr({"value": "two"}))
    copied = "two\n\nby a machine"
    wait_for(lambda: page.evaluate("navigator.clipboard.readText()") == copied, what="the copy")

    page.get_by_role("button", name="Copy conversation").click()
    expect(page.get_by_label("told")).to_have_value(repr({"value": "User: one\nAssistant: two"}))


def test_thoughts_files_and_components_stand_in_messages(visit: Visit, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("hello")
    with ds.Blocks() as app:
        ds.Chatbot(
            [
                {"role": "user", "content": ["see", {"path": str(tmp_path / "notes.txt")}]},
                ds.ChatMessage(
                    "looked", metadata={"title": "Search", "id": 1, "status": "done", "duration": 2}
                ),
                ds.ChatMessage("deeper", metadata={"title": "Read", "parent_id": 1, "status": "pending"}),
                {"role": "assistant", "content": ds.Label({"cat": 0.9}, label="animal")},
            ],
            layout="panel",
            render_markdown=False,
        )
    page = visit(app)

    expect(page.get_by_role("link", name="notes.txt")).to_have_attribute("download", "notes.txt")
    expect(page.get_by_role("region", name="animal").locator(".label-heading")).to_have_text("cat")
    expect(page.locator(".turn")).to_have_count(2)
    search = page.locator("details.thought").first
    expect(search.locator("summary").first).to_contain_text("(2 s)")
    expect(page.get_by_text("deeper")).to_be_hidden()
    search.locator("summary").first.click()
    expect(page.get_by_text("deeper")).to_be_visible()
    expect(search.locator("details.thought .spinner")).to_be_visible()


def test_the_reader_may_scroll_away_from_an_answer_that_grows(visit: Visit) -> None:
    steps = threading.Semaphore(0)

    def talk(_message: str, _history: list[Any]) -> Iterator[str]:
        text = ""
        for number in range(60):
            if number in {30, 45}:
                assert steps.acquire(timeout=DEADLINE)
            text += f"line {number}\n\n"
            yield text

    page = visit(ds.ChatInterface(talk))
    log = page.get_by_role("log")
    at_end = """() => {
        const { scrollHeight, scrollTop, clientHeight } = document.querySelector('.messages');
        return scrollHeight - scrollTop - clientHeight < 8;
    }"""
    ask(page, "go")
    expect(bubbles(page, ".assistant")).to_contain_text("line 29")
    page.wait_for_function(at_end)

    log.evaluate("(e) => { e.scrollTop = 0; }")
    expect(page.get_by_role("button", name="Scroll to the latest message")).to_be_visible()
    steps.release()
    expect(bubbles(page, ".assistant")).to_contain_text("line 44")
    assert log.evaluate("(e) => e.scrollTop") < 8

    page.get_by_role("button", name="Scroll to the latest message").click()
    page.wait_for_function(at_end)
    steps.release()
    expect(bubbles(page, ".assistant")).to_contain_text("line 59")
    page.wait_for_function(at_end)


def test_a_chat_of_a_thousand_messages_stays_quick(visit: Visit) -> None:
    with ds.Blocks() as app:
        roles = ["user", "assistant"]
        chatbot = ds.Chatbot([{"role": roles[n % 2], "content": f"message {n}"} for n in range(1000)])
        more = ds.Button("More")
        more.click(lambda chat: [*chat, {"role": "user", "content": "the last"}], chatbot, chatbot)
    page = visit(app)
    expect(page.locator(".turn")).to_have_count(1000)

    page.evaluate("window.first = document.querySelector('.turn .bubble')")
    more_button = page.get_by_role("button", name="More")
    more_button.click()

    expect(page.locator(".turn")).to_have_count(1001)
    expect(page.get_by_text("the last")).to_be_in_viewport()
    assert page.evaluate("window.first.isConnected")


def test_kept_conversations_are_opened_and_deleted(visit: Visit) -> None:
    page = visit(ds.ChatInterface(echo, save_history=True))
    chats = page.get_by_role("navigation", name="Conversations")
    ask(page, "first")
    expect(chats.get_by_role("button", name="first", exact=True)).to_be_visible()

    chats.get_by_role("button", name="New chat").click()
    expect(bubbles(page)).to_have_count(0)
    ask(page, "second")
    expect(chats.get_by_role("listitem")).to_have_count(2)
    expect(bubbles(page, ".assistant")).to_contain_text("second, after 0")

    page.reload()
    expect(chats.get_by_role("listitem")).to_have_count(2)
    chats.get_by_role("button", name="first", exact=True).click()
    expect(bubbles(page, ".assistant")).to_contain_text("first, after 0")
    ask(page, "more")
    expect(bubbles(page).nth(3)).to_contain_text("more, after 2")

    chats.get_by_role("button", name="Delete “first”").click()
    expect(chats.get_by_role("listitem")).to_have_count(1)
    expect(bubbles(page)).to_have_count(0)


def test_a_message_with_files(visit: Visit, violations: Callable[[Page], list[Any]]) -> None:
    def describe(message: dict[str, Any], _history: list[Any]) -> str:
        sizes = {Path(each).name: Path(each).stat().st_size for each in message["files"]}
        return f"{message['text']}: {sizes}"

    page = visit(ds.ChatInterface(describe, multimodal=True))
    given: list[Any] = [
        {"name": each, "mimeType": "text/plain", "buffer": b"abc"} for each in ("a.txt", "b.txt")
    ]
    page.locator("input[type=file]").set_input_files(given)
    expect(page.get_by_role("list", name="Files").get_by_role("listitem")).to_have_text(["a.txt", "b.txt"])
    page.get_by_role("button", name="Remove a.txt").click()
    box(page).evaluate(
        """(box) => {
            const data = new DataTransfer();
            data.setData("text/plain", "x".repeat(1001));
            const how = { clipboardData: data, bubbles: true, cancelable: true };
            box.dispatchEvent(new ClipboardEvent("paste", how));
        }"""
    )
    expect(page.get_by_role("list", name="Files").get_by_role("listitem")).to_have_text(
        ["b.txt", "pasted_text.txt"]
    )
    assert violations(page) == []
    ask(page, "see")

    expect(bubbles(page, ".assistant")).to_have_text("Answer: see: {'b.txt': 3, 'pasted_text.txt': 1001}")
    expect(bubbles(page, ".user").get_by_role("link")).to_have_text(["b.txt", "pasted_text.txt"])
    expect(page.get_by_role("list", name="Files")).to_have_count(0)


def test_a_phone_reads_a_chat_from_right_to_left(visit: Visit, page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 780})
    with ds.Blocks() as app:
        ds.Chatbot(
            [{"role": "user", "content": "שלום " * 30}, {"role": "assistant", "content": "word" * 60}],
            rtl=True,
        )
    visit(app)

    mine, theirs = bubbles(page, ".user").bounding_box(), bubbles(page, ".assistant").bounding_box()
    assert mine is not None
    assert theirs is not None
    assert mine["x"] < theirs["x"]
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_box_for_text_and_files_fires_its_events(visit: Visit) -> None:
    happened: set[str] = set()
    events = ("focus", "input", "select", "submit", "stop", "blur")

    def hear(name: str) -> Callable[[], str]:
        def note() -> str:
            happened.add(name)
            return " ".join(sorted(happened))

        return note

    with ds.Blocks() as app:
        field = ds.MultimodalTextbox(label="Message", stop_btn="Halt", file_types=["image"])
        heard = ds.Textbox(label="heard")
        for event in events:
            getattr(field, event)(
                hear(event),
                None,
                heard,
                trigger_mode="multiple",
                concurrency_id="heard",  # in their order
            )
    page = visit(app)
    seen = page.get_by_label("heard")

    box(page).focus()
    expect(seen).to_have_value("focus")
    box(page).press("a")
    expect(seen).to_have_value("focus input")
    box(page).press("Enter")
    expect(seen).to_have_value("focus input submit")
    box(page).press("Control+a")
    expect(seen).to_have_value("focus input select submit")
    page.get_by_role("button", name="Stop").click()
    box(page).press("Shift+Enter")
    box(page).press("b")
    expect(seen).to_have_value(" ".join(sorted(events)))
    expect(box(page)).to_have_value("\nb")

    document: Any = {"name": "a.pdf", "mimeType": "application/pdf", "buffer": b"x"}
    page.locator("input[type=file]").set_input_files(document)
    expect(page.get_by_role("alert")).to_contain_text("a.pdf")


def test_examples_with_more_inputs_stand_below_and_fill_them(visit: Visit) -> None:
    chat = ds.ChatInterface(
        lambda message, _history, factor: f"{message} x {factor}",
        additional_inputs=[ds.Number(1, label="factor")],
        examples=[["seven", 7], ["eight", 8]],
    )
    page = visit(chat)

    page.get_by_role("button", name="eight").click()

    expect(bubbles(page, ".assistant")).to_have_text("Answer: eight x 8")
    expect(box(page)).to_have_value("")


def test_a_chat_that_ends_with_a_picture_is_shown_at_its_end(visit: Visit) -> None:
    with ds.Blocks() as app:
        picture = {"role": "assistant", "content": {"path": ds.get_image()}}
        ds.Chatbot([*({"role": "user", "content": f"line {n}"} for n in range(12)), picture], height=240)
    page = visit(app)

    page.wait_for_function("() => document.querySelector('.messages img')?.naturalWidth > 0")
    page.wait_for_function("""() => {
        const { scrollHeight, scrollTop, clientHeight } = document.querySelector('.messages');
        return scrollHeight > 400 && scrollHeight - scrollTop - clientHeight < 8;
    }""")
