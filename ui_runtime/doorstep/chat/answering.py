"""Runs an app's chat function for the page: the question is shown at once, then the answer as it comes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from doorstep.chat import turns
from doorstep.components import chat_messages
from doorstep.errors import OutputError
from doorstep.events.data import EventData
from doorstep.events.dependency import kind_of, name_of
from doorstep.events.injection import arranged, parameters_of
from doorstep.events.updates import skip, update
from doorstep.events.visit import Visit
from doorstep.queue.jobs import Job, current

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from doorstep.chat.interface import ChatInterface
    from doorstep.chat.turns import Turn


def answering(chat: ChatInterface) -> Callable[..., Any]:
    """The function that the chat's events run: of textbox, chatbot and more inputs, to chatbot, textbox
    and more outputs. It is async when the app's own function is.
    """
    answerer = Answerer(chat)
    return answerer.answer_async if kind_of(chat.fn).is_async else answerer.answer


class Answerer:
    """Leads through one turn of a chat. The developer's function gets what it would get without it."""

    def __init__(self, chat: ChatInterface) -> None:
        self._chat = chat
        self._is_generator = kind_of(chat.fn).is_generator

    def answer(self, given: Any, _chat: Any, *more: Any, event: EventData, visit: Visit) -> Iterator[Any]:
        turn = self._turn(given, event, visit)
        if turn is None:
            yield skip()
            return
        yield self._asked(turn)
        kept = self._kept(turn, visit)
        if kept is not None:
            yield kept
            return
        args, kwargs = self._arguments(turn, more, visit)
        returned = self._chat.fn(*args, **kwargs)
        if not hasattr(returned, "__next__"):
            returned = iter([returned])
        for response in returned:
            yield self._answered(turn, response)

    async def answer_async(
        self, given: Any, _chat: Any, *more: Any, event: EventData, visit: Visit
    ) -> AsyncIterator[Any]:
        turn = self._turn(given, event, visit)
        if turn is None:
            yield skip()
            return
        yield self._asked(turn)
        kept = self._kept(turn, visit)
        if kept is not None:
            yield kept
            return
        args, kwargs = self._arguments(turn, more, visit)
        returned = self._chat.fn(*args, **kwargs)
        if self._is_generator:
            async for response in returned:
                yield self._answered(turn, response)
        else:
            yield self._answered(turn, await returned)

    # -- the question --------------------------------------------------------------------------

    def _turn(self, given: Any, event: EventData, visit: Visit) -> Turn | None:
        """What is asked, by what started the job: the textbox, an example, an option, a retry, an edit."""
        job = _job()
        wires: list[dict[str, Any]] = job.data[1] or []
        data = event._data if isinstance(event._data, dict) else {}  # noqa: SLF001  # whatever it carried
        if job.trigger != self._chat.chatbot.id:
            return turns.typed(given, wires, visit.files, self._chat.example_at(job.trigger, job.data))
        index, value = data.get("index"), data.get("value")
        if isinstance(value, dict):
            example = self._chat.example_question(index)
            return turns.picked(example, wires, visit.files, index) if example is not None else None
        return turns.repeated(wires, index, visit.files) or turns.chosen(wires, value)

    def _asked(self, turn: Turn) -> list[Any]:
        """The chat with the question; the textbox is empty, and has a way to stop."""
        textbox: dict[str, Any] = {**self._chat.running_buttons}
        if turn.is_typed:
            textbox["value"] = {"text": "", "files": []} if self._chat.multimodal else ""
        return [turn.shown, update(**textbox), *self._nothing()]

    def _arguments(self, turn: Turn, more: tuple[Any, ...], visit: Visit) -> tuple[list[Any], dict[str, Any]]:
        history = self._chat.chatbot.passed(chat_messages.read(turn.before, visit.files))
        message = {"text": turn.text, "files": turn.files} if self._chat.multimodal else turn.text
        return arranged(parameters_of(self._chat.fn), [message, history, *more], _job())

    # -- the answer ----------------------------------------------------------------------------

    def _answered(self, turn: Turn, returned: Any) -> list[Any]:
        response, others = split(self._chat, returned)
        return [turn.answered(response), skip(), *others]

    def _kept(self, turn: Turn, visit: Visit) -> list[Any] | None:
        """The answer to an example that was computed before, if it was."""
        if turn.example is None or self._chat.kept_answers is None:
            return None
        wires, *others = self._chat.kept_answers.of(turn.example, visit)
        messages = [*turn.shown, *map(chat_messages.Wired, wires)]
        return [messages, skip(), *({"__type__": "update", "value": each} for each in others)]

    def _nothing(self) -> list[Any]:
        return [skip() for _ in self._chat.additional_outputs]


def split(chat: ChatInterface, returned: Any) -> tuple[Any, list[Any]]:
    """The answer that a function returned, and the values of the additional outputs. Raises `OutputError`."""
    wanted = len(chat.additional_outputs)
    if not wanted:
        return returned, []
    if not isinstance(returned, (tuple, list)) or len(returned) != wanted + 1:
        raise OutputError(
            f"{name_of(chat.fn)}() has to return the answer and {wanted} more for additional_outputs, "
            f"not {type(returned).__name__}"
        )
    response, *others = returned
    return response, others


def _job() -> Job:
    job = current.get()
    assert job is not None, "chats are answered in jobs"  # noqa: S101  # for type checkers
    return job
