"""A chat's validator: it looks at what was typed before it is asked."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

from doorstep.events.data import EventData
from doorstep.queue.jobs import current

if TYPE_CHECKING:
    from collections.abc import Callable

    from doorstep.chat.interface import ChatInterface


def validating(chat: ChatInterface, validator: Callable[..., Any]) -> Callable[..., Any]:
    """The validator for the chat's own function: it gets what it takes of message, history, inputs."""
    wanted = _count(validator)

    def check(*given: Any, event: EventData, **_: Any) -> Any:  # noqa: ARG001  # the function's own arguments
        job = current.get()
        is_typed = job is None or job.trigger == chat.textbox.id
        return validator(*given[:wanted]) if is_typed else None

    return check


def _count(validator: Callable[..., Any]) -> int | None:
    """How many values it takes; None for any number."""
    try:
        parameters = list(inspect.signature(validator).parameters.values())
    except (TypeError, ValueError):
        return 1
    if any(each.kind is each.VAR_POSITIONAL for each in parameters):
        return None
    return sum(each.kind in {each.POSITIONAL_ONLY, each.POSITIONAL_OR_KEYWORD} for each in parameters)
