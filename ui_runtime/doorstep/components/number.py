"""A number that is typed in."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, ClassVar, Unpack

from doorstep.components.arguments import check_ends
from doorstep.components.base import Component, ComponentProps, Files, plain_number
from doorstep.events.listener import EventListener

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from doorstep.components.button import Button


class Number(Component):
    """Passes an `int` or a `float` (None while empty); shows a number.

    `precision` is the number of digits after the point; 0 gives an `int`, None leaves it alone.
    """

    type: ClassVar[str] = "number"
    PROPS: ClassVar = ("minimum", "maximum", "step", "precision", "placeholder")

    change = EventListener()
    input = EventListener()
    submit = EventListener()
    focus = EventListener()
    blur = EventListener()

    def __init__(
        self,
        value: float | Callable[[], Any] | None = None,
        *,
        placeholder: str | None = None,
        precision: int | None = None,
        minimum: float | None = None,
        maximum: float | None = None,
        step: float = 1,
        buttons: Sequence[Button] | None = None,
        **common: Unpack[ComponentProps],
    ) -> None:
        check_ends("Number", minimum, maximum, may_be_equal=True)
        self.placeholder = placeholder
        self.precision = precision
        self.minimum = minimum
        self.maximum = maximum
        self.step = step
        self.buttons = buttons
        super().__init__(value, **common)

    def preprocess(self, wire: Any, files: Files) -> int | float | None:
        if wire is None:
            return None
        number = rounded(checked_number(self, wire), self.precision)
        check_range(self, number, self.minimum, self.maximum)
        return number

    def postprocess(self, value: Any, files: Files) -> int | float | None:
        return None if value is None else rounded(plain_number(value), self.precision)

    def api_info(self) -> dict[str, Any]:
        ends = {"minimum": self.minimum, "maximum": self.maximum}
        return {
            "type": "integer" if self.precision == 0 else "number",
            **{word: end for word, end in ends.items() if end is not None},
        }


def checked_number(component: Component, wire: Any) -> int | float:
    """A JSON number as it is; `true` is no number, and neither is text that looks like one."""
    if isinstance(wire, bool) or not isinstance(wire, (int, float)) or not _is_finite(wire):
        raise component.refuse_kind("a number", wire)
    return wire


def _is_finite(number: float) -> bool:
    try:
        return math.isfinite(number)
    except OverflowError:  # an integer with hundreds of digits
        return False


def check_range(component: Component, number: float, minimum: float | None, maximum: float | None) -> None:
    if minimum is not None and number < minimum:
        raise component.refuse(f"{number:g} is less than the minimum {minimum:g}")
    if maximum is not None and number > maximum:
        raise component.refuse(f"{number:g} is greater than the maximum {maximum:g}")


def rounded(number: float, precision: int | None) -> int | float:
    """`number` with `precision` digits after the point."""
    if precision is None or not math.isfinite(number):
        return number
    return round(number) if precision == 0 else round(number, precision)
