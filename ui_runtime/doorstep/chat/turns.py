"""Turns of a chat: what is asked, after which messages, and what the function's answer adds to them.

Nothing here knows of pages or jobs.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from doorstep.components import chat_messages
from doorstep.components.base import Component
from doorstep.components.chat_messages import Wire, Wired

if TYPE_CHECKING:
    from collections.abc import Sequence

    from doorstep.components.base import Files


@dataclass(frozen=True)
class Turn:
    """A question with all that is shown before it."""

    before: list[Wire]
    """The messages before, as the page has them."""
    question: Wire
    text: str
    files: list[str]
    is_typed: bool = False
    """It comes from the textbox, which is empty from now on."""
    example: int | None = None
    """The number of the example that it is."""

    @property
    def shown(self) -> list[Wired]:
        """The chat once the question is asked."""
        return [*map(Wired, self.before), Wired(self.question)]

    def answered(self, response: Any) -> list[Any]:
        """The chat with what the function returned or yielded."""
        return [*self.shown, *messages_of(response)]


def typed(value: Any, before: list[Wire], files: Files, example: int | None = None) -> Turn | None:
    """The turn of what a textbox passes: a text, or a text with files. None when there is nothing in it."""
    text = value.get("text") or "" if isinstance(value, dict) else str(value or "")
    paths = list(value.get("files") or ()) if isinstance(value, dict) else []
    if not text.strip() and not paths:
        return None
    content = [*((path,) for path in paths), *([text] if text.strip() else [])]
    [question] = chat_messages.wires_of([{"role": "user", "content": content}], files)
    return Turn(before, question, text, paths, is_typed=True, example=example)


def picked(value: Any, before: list[Wire], files: Files, example: Any) -> Turn | None:
    """The turn of an example in the chat: what stands in the textbox stays there."""
    turn = typed(value, before, files, example)
    return None if turn is None else replace(turn, is_typed=False)


def repeated(wires: list[Wire], index: Any, files: Files) -> Turn | None:
    """The turn of the question at `index` once more; of an option at an answer, see `chosen`."""
    if not _is_place(index, wires) or wires[index].get("role") != "user":
        return None
    [message] = chat_messages.read([wires[index]], files)
    return Turn(wires[:index], wires[index], chat_messages.text_of(message), chat_messages.paths_of(message))


def chosen(wires: list[Wire], value: Any) -> Turn | None:
    """The turn of an option that was chosen: it is asked as a question."""
    if not isinstance(value, str) or not value:
        return None
    question = {
        "role": "user",
        "metadata": None,
        "content": [chat_messages.text_part(value)],
        "options": None,
    }
    return Turn(wires, question, value, [])


def last_question(wires: list[Wire], index: Any) -> int | None:
    """Where the question at or before `index` stands (at or before the end, without one)."""
    place = index if _is_place(index, wires) else len(wires) - 1
    while place >= 0 and wires[place].get("role") != "user":
        place -= 1
    return place if place >= 0 else None


def _is_place(index: Any, wires: Sequence[Wire]) -> bool:
    return isinstance(index, int) and not isinstance(index, bool) and 0 <= index < len(wires)


# -- answers -----------------------------------------------------------------------------------


def messages_of(response: Any) -> list[Any]:
    """The messages that a function's answer stands for: a text, a component, a message, or a list."""
    if response is None:
        return []
    if isinstance(response, list):
        return [message for each in response for message in messages_of(each)]
    if _is_message(response):
        return [response]
    if isinstance(response, dict) and "content" in response:
        return [{"role": "assistant", **response}]
    return [{"role": "assistant", "content": response}]


def _is_message(response: Any) -> bool:
    if isinstance(response, dict):
        return "role" in response and "content" in response
    return (
        not isinstance(response, (str, Component))
        and hasattr(response, "role")
        and hasattr(response, "content")
    )


def plain_of(response: Any, files: Files) -> Any:
    """An answer as programs get it: a text alone as it is, anything else as messages on the wire."""
    if response is None or isinstance(response, str):
        return response
    wires = chat_messages.wires_of(messages_of(response), files)
    if isinstance(response, list):
        return wires
    return wires[0] if len(wires) == 1 else wires
