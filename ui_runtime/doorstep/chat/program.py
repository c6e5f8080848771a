"""A chat for programs: an endpoint that takes a message, returns the answer, and remembers the session."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from doorstep.chat import turns
from doorstep.chat.answering import split
from doorstep.components import chat_messages
from doorstep.components.base import Component
from doorstep.components.state import State
from doorstep.events.dependency import kind_of, name_of
from doorstep.events.injection import arranged, parameters_of
from doorstep.events.visit import Visit
from doorstep.queue.jobs import current

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from doorstep.chat.interface import ChatInterface
    from doorstep.components.base import Files
    from doorstep.events.trigger import EventOptions


class Response(Component):
    """What a program gets as an answer: a text, or messages. No page shows it."""

    type: ClassVar[str] = "json"
    has_look: ClassVar[bool] = False

    def __init__(self) -> None:
        super().__init__(label="Response", render=False)

    def postprocess(self, value: Any, files: Files) -> Any:
        return turns.plain_of(value, files)

    def api_info(self) -> dict[str, Any]:
        return {"description": "any valid json"}


def offer(chat: ChatInterface, api_name: str | Literal[False] | None, options: EventOptions) -> None:
    """Let programs chat under `api_name`, and as `/chat` too, whatever the function is called."""
    history, response = State([], render=False), Response()
    fn = _answering(chat)
    inputs, outputs = [chat.textbox, history, *chat.additional_inputs], [response, history]
    outputs += chat.additional_outputs
    first = chat.add_dependency([], fn, inputs, outputs, api_name, **options)
    if first.api_name != "chat" and "chat" not in chat.api_names and first.api_visibility != "private":
        unlisted: EventOptions = {**options, "api_visibility": "undocumented"}
        chat.add_dependency([], fn, inputs, outputs, "chat", **unlisted)


def _answering(chat: ChatInterface) -> Callable[..., Any]:
    """With the names of the app's own function for its parameters, and a history that it keeps itself."""
    kind = kind_of(chat.fn)

    def steps(*given: Any, visit: Visit) -> Iterator[Any]:
        yield from _answer(chat, *given, visit=visit)

    def whole(*given: Any, visit: Visit) -> Any:
        return list(_answer(chat, *given, visit=visit))[-1]

    async def steps_async(*given: Any, visit: Visit) -> AsyncIterator[Any]:
        async for step in _answer_async(chat, *given, visit=visit):
            yield step

    async def whole_async(*given: Any, visit: Visit) -> Any:
        return [step async for step in _answer_async(chat, *given, visit=visit)][-1]

    ways = {False: (whole, steps), True: (whole_async, steps_async)}
    fn: Any = ways[kind.is_async][kind.is_generator]
    fn.__signature__ = _signature(chat)
    fn.__name__ = name_of(chat.fn)
    fn.__doc__ = inspect.getdoc(chat.fn)
    return fn  # type: ignore[no-any-return]  # it was given attributes


def _signature(chat: ChatInterface) -> inspect.Signature:
    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    names = list(dict.fromkeys(chat.parameter_names()))
    own = [inspect.Parameter(name, kind) for name in names]
    visit = inspect.Parameter("visit", inspect.Parameter.KEYWORD_ONLY, annotation=Visit)
    return inspect.Signature([*own, visit])


def _answer(chat: ChatInterface, given: Any, wires: Any, *more: Any, visit: Visit) -> Iterator[Any]:
    turn = _turn(given, wires, visit)
    args, kwargs = _arguments(chat, given, turn, more, visit)
    returned = chat.fn(*args, **kwargs)
    if not hasattr(returned, "__next__"):
        returned = iter([returned])
    for response in returned:
        yield _answered(chat, turn, response, visit)


async def _answer_async(
    chat: ChatInterface, given: Any, wires: Any, *more: Any, visit: Visit
) -> AsyncIterator[Any]:
    turn = _turn(given, wires, visit)
    args, kwargs = _arguments(chat, given, turn, more, visit)
    returned = chat.fn(*args, **kwargs)
    if kind_of(chat.fn).is_generator:
        async for response in returned:
            yield _answered(chat, turn, response, visit)
    else:
        yield _answered(chat, turn, await returned, visit)


def _turn(given: Any, wires: list[Any], visit: Visit) -> turns.Turn:
    empty: dict[str, Any] = {"role": "user", "metadata": None, "content": [], "options": None}
    return turns.typed(given, wires, visit.files) or turns.Turn(wires, empty, "", [])


def _arguments(
    chat: ChatInterface, given: Any, turn: turns.Turn, more: tuple[Any, ...], visit: Visit
) -> tuple[list[Any], dict[str, Any]]:
    history = chat.chatbot.passed(chat_messages.read(turn.before, visit.files))
    job = current.get()
    assert job is not None, "programs' calls are jobs"  # noqa: S101  # for type checkers
    message = {"text": turn.text, "files": turn.files} if chat.multimodal else given
    return arranged(parameters_of(chat.fn), [message, history, *more], job)


def _answered(chat: ChatInterface, turn: turns.Turn, returned: Any, visit: Visit) -> list[Any]:
    response, others = split(chat, returned)
    return [response, chat_messages.wires_of(turn.answered(response), visit.files), *others]
