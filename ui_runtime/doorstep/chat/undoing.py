"""What the buttons at the messages do besides asking again: undo, and filling the box with an example."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from doorstep.chat import turns
from doorstep.components import chat_messages
from doorstep.components.chat_messages import Wired
from doorstep.events.data import EventData, UndoData
from doorstep.events.updates import skip
from doorstep.events.visit import Visit

if TYPE_CHECKING:
    from collections.abc import Callable

    from doorstep.chat.interface import ChatInterface


def undoing(chat: ChatInterface) -> Callable[..., Any]:
    """Takes the last question and its answer away; what was asked goes back into the textbox."""

    def undo(wires: list[dict[str, Any]], data: UndoData, visit: Visit) -> Any:
        place = turns.last_question(wires, data.index)
        if place is None:
            return skip()
        [message] = chat_messages.read([wires[place]], visit.files)
        asked: Any = chat_messages.text_of(message)
        if chat.multimodal:
            asked = {"text": asked, "files": chat_messages.paths_of(message)}
        return [Wired(each) for each in wires[:place]], asked

    return undo


def filling(chat: ChatInterface) -> Callable[..., Any]:
    """Puts an example into the textbox."""

    def fill(data: EventData) -> Any:
        question = chat.example_question(data._get("index"))  # noqa: SLF001  # what every event of it carries
        return skip() if question is None else question

    return fill
