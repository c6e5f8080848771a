"""ChatInterface, as the page and programs see it: turns, history, examples, validators, endpoints."""

from __future__ import annotations

import asyncio
import csv
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from gradio_client import Client  # type: ignore[import-untyped]  # it has none

import doorstep as ds
from doorstep.errors import UsageError
from doorstep.events.dependency import Dependency
from tests.ui.support import Page, Served, built_assets, served

History = list[dict[str, Any]]


def said(role: str, text: str) -> dict[str, Any]:
    return {
        "role": role,
        "metadata": None,
        "content": [{"text": text, "type": "text"}],
        "options": None,
    }


class Room:
    """A chat that is served, with a page that asks."""

    def __init__(self, chat: ds.ChatInterface, page: Page) -> None:
        self.chat = chat
        self.page = page
        self._more = [each.value for each in chat.additional_inputs]

    async def ask(self, text: Any, shown: History = (), **event: Any) -> dict[str, Any]:  # type: ignore[assignment]
        """All that the page is told of a turn; `event` is what an event of the chat carried."""
        trigger = self.chat.chatbot.id if event else self.chat.textbox.id
        number = self.chat.answer_event.id
        job = self.page._job = self.page._job + 1
        await self.page.say(
            {
                "type": "run",
                "job": job,
                "fn": number,
                "data": [text, list(shown), *self._more],
                "trigger": trigger,
                "event": event or None,
            }
        )
        story = await self.page.story(job)
        changes: dict[int, Any] = {}
        for message in story:
            for block, change in message.get("changes", []):
                changes[block] = _joined(changes.get(block), change)
        return {"story": story, "chat": changes.get(self.chat.chatbot.id), "changes": changes}


def _joined(before: Any, change: dict[str, Any]) -> Any:
    if "patch" not in change:
        return change.get("value", before)
    value = before
    for operation, path, new in change["patch"]:
        *way, last = path
        holder = value
        for key in way:
            holder = holder[key]
        if operation == "append":
            holder[last] += new
        elif operation == "add" and isinstance(holder, list):
            holder.insert(last, new)
        elif operation == "delete":
            del holder[last]
        else:
            holder[last] = new
    return value


def run(chat: ds.ChatInterface, tmp_path: Path, *asked: Any) -> list[Any]:
    """What came of each turn; a turn is a text, or a tuple of text, what is shown and an event's data."""

    async def talk(server: Served) -> list[Any]:
        async with server.page() as page:
            room = Room(chat, page)
            turns = [each if isinstance(each, tuple) else (each, [], {}) for each in asked]
            return [await room.ask(text, shown, **event) for text, shown, event in turns]

    with served(chat, assets=built_assets(tmp_path / "assets")) as server:
        return asyncio.run(talk(server))


def echo(message: str, history: History) -> str:
    return f"{message}, after {len(history)}"


def test_an_answer_follows_the_question(tmp_path: Path) -> None:
    [turn] = run(ds.ChatInterface(echo), tmp_path, "Hi")

    assert turn["chat"] == [said("user", "Hi"), said("assistant", "Hi, after 0")]
    assert turn["changes"]
    assert turn["story"][-1]["type"] == "done"


def test_history_is_what_was_shown_before(tmp_path: Path) -> None:
    got: list[History] = []

    def remember(_message: str, history: History) -> None:
        got.append(history)

    shown = [said("user", "a"), said("assistant", "b")]
    run(ds.ChatInterface(remember), tmp_path, ("c", shown, {}))

    assert got == [shown]


def test_older_scripts_read_history_as_they_know_it(tmp_path: Path) -> None:
    got: list[Any] = []
    shown = [said("user", "a"), said("assistant", "b")]

    def remember(_message: str, history: Any) -> None:
        got.append(history)

    run(ds.ChatInterface(remember, type="messages"), tmp_path / "1", ("c", shown, {}))
    with pytest.warns(UserWarning, match="tuples"):
        pairs = ds.ChatInterface(remember, type="tuples")
    run(pairs, tmp_path / "2", ("c", shown, {}))

    assert [(each["role"], each["content"]) for each in got[0]] == [("user", "a"), ("assistant", "b")]
    assert got[1] == [["a", "b"]]


def stream(message: str, _history: History) -> Iterator[str]:
    for end in range(1, len(message) + 1):
        yield message[:end]


async def astream(message: str, history: History) -> AsyncIterator[str]:
    for each in stream(message, history):
        yield each


async def later(message: str, _history: History) -> str:
    await asyncio.sleep(0)
    return message


@pytest.mark.parametrize("fn", [stream, astream, later, lambda message, _: message])
def test_functions_of_every_kind_answer(tmp_path: Path, fn: Any) -> None:
    [turn] = run(ds.ChatInterface(fn), tmp_path, "word")

    assert turn["chat"] == [said("user", "word"), said("assistant", "word")]


@pytest.mark.parametrize(
    ("response", "words"),
    [
        ("text", ["text"]),
        ({"role": "assistant", "content": "a dict"}, ["a dict"]),
        ({"content": "without a role"}, ["without a role"]),
        (ds.ChatMessage("an object"), ["an object"]),
        (["two", ds.ChatMessage("messages")], ["two", "messages"]),
        (None, []),
    ],
)
def test_an_answer_may_be_written_in_many_ways(tmp_path: Path, response: Any, words: list[str]) -> None:
    [turn] = run(ds.ChatInterface(lambda message, history: response), tmp_path, "Hi")  # noqa: ARG005

    assert [each["content"][0]["text"] for each in turn["chat"][1:]] == words


def test_an_answer_may_be_a_component(tmp_path: Path) -> None:
    [turn] = run(ds.ChatInterface(lambda _m, _h: ds.Label({"cat": 0.9})), tmp_path, "Hi")

    assert turn["chat"][1]["content"][0]["component"] == "label"


def test_a_question_is_asked_again_changed_or_chosen(tmp_path: Path) -> None:
    shown = [said("user", "a"), said("assistant", "b"), said("user", "c"), said("assistant", "d")]
    chat = ds.ChatInterface(echo, editable=True, examples=["from the app"])

    retried, edited, chosen, example = run(
        chat,
        tmp_path,
        ("", shown, {"index": 2, "value": "c"}),
        ("", [said("user", "A"), *shown[1:]], {"index": 0, "value": "A", "previous_value": "a"}),
        ("", shown, {"index": 3, "value": "an option"}),
        ("", [], {"index": 0, "value": {"text": "whatever the page says"}}),
    )

    assert retried["chat"] == [*shown[:3], said("assistant", "c, after 2")]
    assert edited["chat"] == [said("user", "A"), said("assistant", "A, after 0")]
    assert chosen["chat"] == [*shown, said("user", "an option"), said("assistant", "an option, after 4")]
    assert example["chat"] == [said("user", "from the app"), said("assistant", "from the app, after 0")]


def test_nothing_is_asked_with_nothing(tmp_path: Path) -> None:
    [turn] = run(ds.ChatInterface(echo), tmp_path, "  ")

    assert turn["chat"] is None


def test_an_error_leaves_the_question_and_is_told_at_the_chat(tmp_path: Path) -> None:
    def fail(_message: str, _history: History) -> str:
        raise ds.Error("Asleep", print_exception=False)

    chat = ds.ChatInterface(fail)
    [turn] = run(chat, tmp_path, "Hi")

    assert turn["chat"] == [said("user", "Hi")]
    assert (turn["story"][-1]["type"], turn["story"][-1]["message"]) == ("failed", "Asleep")
    assert turn["story"][-1]["output"] == chat.chatbot.id


def test_more_inputs_and_outputs_go_with_the_message(tmp_path: Path) -> None:
    with ds.Blocks() as app:
        doubled = ds.Number(label="doubled")
        chat = ds.ChatInterface(
            lambda message, history, factor: (f"{message} x {factor}", 2 * factor),  # noqa: ARG005
            additional_inputs=[ds.Slider(0, 10, value=3, label="factor")],
            additional_outputs=[doubled],
        )
    assert chat.additional_inputs[0].root is app

    async def talk(server: Served) -> dict[str, Any]:
        async with server.page() as page:
            return await Room(chat, page).ask("a")

    with served(app, assets=built_assets(tmp_path / "assets")) as server:
        turn = asyncio.run(talk(server))

    assert turn["chat"][1] == said("assistant", "a x 3")
    assert turn["changes"][doubled.id] == 6


def test_a_function_may_ask_for_the_request(tmp_path: Path) -> None:
    def who(message: str, history: History, request: ds.Request) -> str:  # noqa: ARG001
        assert request.client is not None
        return f"{message} from {request.client.host}"

    [turn] = run(ds.ChatInterface(who), tmp_path, "Hi")

    assert turn["chat"][1] == said("assistant", "Hi from 127.0.0.1")


def test_a_validator_keeps_a_message_from_being_asked(tmp_path: Path) -> None:
    def check(message: str) -> Any:
        return ds.validate(message != "no", "Say something else")

    chat = ds.ChatInterface(echo, validator=check)
    refused, taken = run(chat, tmp_path, "no", "yes")

    assert refused["story"][-1]["invalid"] == [[chat.textbox.id, "Say something else"]]
    assert refused["chat"] is None
    assert taken["chat"][1] == said("assistant", "yes, after 0")


def test_examples_are_answered_beforehand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    asked: list[str] = []

    def slow(message: str, _history: History) -> Iterator[str]:
        asked.append(message)
        yield "…"
        yield message.upper()

    chat = ds.ChatInterface(slow, examples=["one", "two"], cache_examples=True)
    [turn] = run(chat, tmp_path, ("", [], {"index": 1, "value": {"text": "two"}}))

    assert turn["chat"] == [said("user", "two"), said("assistant", "TWO")]
    assert asked == ["one", "two"]


def test_undo_gives_the_question_back(tmp_path: Path) -> None:
    chat = ds.ChatInterface(echo)
    undo: Dependency = next(each for each in chat.dependencies if each.name == "undo")
    shown = [said("user", "a"), said("assistant", "b"), said("user", "c"), said("assistant", "d")]

    async def take_back(server: Served) -> Any:
        async with server.page() as page:
            event = {"index": 2, "value": "c"}
            await page.say(
                {
                    "type": "run",
                    "job": 1,
                    "fn": undo.id,
                    "data": [shown],
                    "trigger": chat.chatbot.id,
                    "event": event,
                }
            )
            return dict((await page.story(1))[-1]["changes"])

    with served(chat, assets=built_assets(tmp_path / "assets")) as server:
        changes = asyncio.run(take_back(server))

    assert changes[chat.chatbot.id] == {"value": shown[:2]}
    assert changes[chat.textbox.id] == {"value": "c"}


def test_feedback_is_written_down(tmp_path: Path) -> None:
    chat = ds.ChatInterface(echo, flagging_mode="manual", flagging_dir=tmp_path / "flags")
    flag = next(each for each in chat.dependencies if each.name == "flag")
    shown = [said("user", "a"), said("assistant", "=b")]

    async def like(server: Served) -> Any:
        async with server.page() as page:
            event = {"index": 1, "value": "=b", "liked": False}
            await page.say(
                {
                    "type": "run",
                    "job": 1,
                    "fn": flag.id,
                    "data": [shown],
                    "trigger": chat.chatbot.id,
                    "event": event,
                }
            )
            return (await page.story(1))[-1]["type"]

    with served(chat, assets=built_assets(tmp_path / "assets")) as server:
        assert asyncio.run(like(server)) == "done"

    with (tmp_path / "flags" / "log.csv").open(newline="") as file:
        [row] = csv.DictReader(file)
    assert (row["index"], row["value"], row["flag"]) == ("1", "'=b", "Dislike")


def test_programs_chat_and_are_remembered(tmp_path: Path) -> None:
    chat = ds.ChatInterface(echo, additional_inputs=None)
    with served(chat, assets=built_assets(tmp_path / "assets")) as server:
        client = Client(server.url, verbose=False)
        other = Client(server.url, verbose=False)

        answers = [client.predict("a", api_name="/chat"), client.predict("b", api_name="/echo")]
        again = client.predict("c", api_name="/chat")

        assert answers[0] == "a, after 0"
        assert again == "c, after 4"
        assert other.predict("d", api_name="/chat") == "d, after 0"
        view: Any = client.view_api(return_format="dict", print_info=False)
    [name] = view["named_endpoints"]
    [parameter] = view["named_endpoints"][name]["parameters"]
    assert (name, parameter["parameter_name"]) == ("/echo", "message")


def test_programs_hear_an_answer_as_it_grows(tmp_path: Path) -> None:
    with served(
        ds.ChatInterface(stream, api_name="talk"), assets=built_assets(tmp_path / "assets")
    ) as server:
        client = Client(server.url, verbose=False)
        assert list(client.submit("abc", api_name="/talk")) == ["a", "ab", "abc"]
        assert client.predict("abc", api_name="/chat") == "abc"


def test_mistakes_are_told_at_once() -> None:
    with pytest.raises(UsageError, match="function"):
        ds.ChatInterface("echo")  # type: ignore[arg-type]  # wrong on purpose
    with pytest.raises(UsageError, match="textbox"):
        ds.ChatInterface(echo, textbox=ds.Number(render=False))  # type: ignore[arg-type]  # wrong on purpose
    with pytest.raises(UsageError, match="example_labels"):
        ds.ChatInterface(echo, examples=["a"], example_labels=["A", "B"])
    with pytest.warns(UserWarning, match="cannot be called"):
        ds.ChatInterface(lambda message: message)


def test_parameters_of_older_versions_are_taken_with_a_note() -> None:
    with pytest.warns(UserWarning, match="retry_btn"):
        ds.ChatInterface(echo, retry_btn="Again", undo_btn=None, clear_btn=None)
