"""Answers to a chat's examples, computed before anybody asks: when the app starts, or at the first click."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from doorstep.chat import turns
from doorstep.chat.answering import split
from doorstep.errors import UsageError
from doorstep.events.dependency import name_of
from doorstep.example_cache import ExampleCache, cache_of
from doorstep.examples import called

if TYPE_CHECKING:
    from doorstep.blocks import Blocks
    from doorstep.chat.interface import ChatInterface
    from doorstep.components.base import Files
    from doorstep.events.visit import Visit


class KeptAnswers:
    """The answers of `chat` to its examples, kept on disk."""

    def __init__(self, chat: ChatInterface, rows: list[list[Any]]) -> None:
        self._chat = chat
        self._rows = rows
        self._lock = threading.Lock()
        self._outputs = [chat.chatbot, *chat.additional_outputs]
        self._cache = ExampleCache(
            cache_of(chat.fn, [chat.textbox, *chat.additional_inputs], self._outputs, rows)
        )

    def of(self, number: int, visit: Visit) -> list[Any]:
        """The wire values of an example's outputs: the messages of the answer first."""
        with self._lock:
            if not self._cache.has(number):
                self._compute(number)
            kept = self._cache.load(number, visit.files)
        if kept is None:
            raise UsageError(f"the cached example in {self._cache.folder} cannot be read; remove that folder")
        return kept

    def prepare(self, _app: Blocks, _files: Files) -> None:
        """Compute what is not kept yet."""
        left = [number for number in range(len(self._rows)) if not self._cache.has(number)]
        if left:
            many = f"{len(left)} example{'s' if len(left) > 1 else ''}"
            print(f"Caching {many} of {name_of(self._chat.fn)}() in {self._cache.folder}", flush=True)  # noqa: T201
        for number in left:
            self._compute(number)

    def _compute(self, number: int) -> None:
        message, *more = self._rows[number]
        if self._chat.multimodal:
            message = {"text": message} if isinstance(message, str) else message
            message = {"text": message.get("text") or "", "files": list(message.get("files") or ())}
        missing = [each.value for each in self._chat.additional_inputs[len(more) :]]
        response, others = split(self._chat, called(self._chat.fn, [message, [], *more, *missing]))
        self._cache.keep(number, self._outputs, [turns.messages_of(response), *others])
