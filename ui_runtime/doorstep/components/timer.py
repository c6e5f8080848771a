"""Timer: an event that comes again and again while the page is open."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from doorstep.components.arguments import check_number
from doorstep.components.base import Component, plain_number
from doorstep.errors import UsageError
from doorstep.events.listener import EventListener

if TYPE_CHECKING:
    from doorstep.components.base import Files

MINIMUM = 0.05
"""Seconds. Faster ticks would only pile up."""


class Timer(Component):
    """Fires `tick` every `value` seconds while it is `active`. It has no look."""

    type: ClassVar[str] = "timer"
    has_look: ClassVar[bool] = False
    PROPS: ClassVar = ("active",)

    change = EventListener()
    tick = EventListener()

    def __init__(self, value: float = 1, *, active: bool = True, render: bool = True, **common: Any) -> None:
        check_number("Timer", "value", value)
        if not value > 0:
            raise UsageError(f"Timer: value={value!r} must be more than 0 seconds")
        super().__init__(value, render=render, **common)
        self.active = active

    def preprocess(self, wire: Any, files: Files) -> float:  # noqa: ARG002
        if isinstance(wire, bool) or not isinstance(wire, (int, float)):
            raise self.refuse_kind("a number of seconds", wire)
        return wire

    def postprocess(self, value: Any, files: Files) -> float:  # noqa: ARG002
        return max(MINIMUM, plain_number(value))

    def api_info(self) -> dict[str, Any]:
        return {"type": "number"}

    def api_example(self) -> float:
        return 1
