"""A number chosen between two ends."""

from __future__ import annotations

import math
import random
from typing import TYPE_CHECKING, Any, ClassVar, Unpack

from doorstep.components.arguments import check_ends, check_number
from doorstep.components.base import Component, ComponentProps, Files, plain_number
from doorstep.components.number import check_range, checked_number, rounded
from doorstep.errors import UsageError
from doorstep.events.listener import EventListener

if TYPE_CHECKING:
    from collections.abc import Callable


class Slider(Component):
    """Passes an `int` or a `float`; shows a number. Without a `value` it stands at its minimum."""

    type: ClassVar[str] = "slider"
    PROPS: ClassVar = ("minimum", "maximum", "step", "precision", "buttons")

    change = EventListener()
    input = EventListener()
    release = EventListener()

    def __init__(
        self,
        minimum: float = 0,
        maximum: float = 100,
        value: float | Callable[[], Any] | None = None,
        *,
        step: float | None = None,
        precision: int | None = None,
        randomize: bool = False,
        buttons: list[str] | None = None,
        **common: Unpack[ComponentProps],
    ) -> None:
        check_ends("Slider", minimum, maximum, may_be_equal=False)
        check_number("Slider", "step", step)
        if step is not None and step <= 0:
            raise UsageError(f"Slider: step={step!r} must be more than 0")
        self.minimum = minimum
        self.maximum = maximum
        self.step = step if step is not None else _step_for(maximum - minimum)
        self.precision = precision
        self.buttons = ["reset"] if buttons is None else buttons
        self.randomize = randomize
        if randomize:
            value = self._random
        elif value is None:
            value = minimum
        elif not callable(value):
            check_number("Slider", "value", value)
            if not minimum <= value <= maximum:
                raise UsageError(f"Slider: value={value!r} is not between {minimum!r} and {maximum!r}")
        super().__init__(value, **common)

    def _random(self) -> float:
        steps = int((self.maximum - self.minimum) / self.step)
        return min(self.maximum, self.minimum + random.randint(0, steps) * self.step)  # noqa: S311  # no secret

    def preprocess(self, wire: Any, files: Files) -> int | float:
        number = rounded(checked_number(self, wire), self.precision)
        check_range(self, number, self.minimum, self.maximum)
        return number

    def postprocess(self, value: Any, files: Files) -> int | float:
        return self.minimum if value is None else rounded(plain_number(value), self.precision)

    def blank(self) -> float:
        return self.minimum

    def api_info(self) -> dict[str, Any]:
        return {"type": "number", "minimum": self.minimum, "maximum": self.maximum}


def _step_for(span: float) -> float:
    """A hundred steps or more, of a round size."""
    if span <= 0:
        return 1
    power = math.floor(math.log10(span)) - 2
    return float(f"1e{power}") if power < 0 else int(f"1{'0' * power}")
