"""The inputs of an `Interface` or a `ChatInterface` that stand apart, in an accordion."""

from __future__ import annotations

from typing import TYPE_CHECKING

from doorstep.components.panels import Accordion
from doorstep.words import left_to_us

if TYPE_CHECKING:
    from collections.abc import Sequence

    from doorstep.components.base import Component


def lay_out_additional(inputs: Sequence[Component], accordion: str | Accordion | None) -> None:
    """Put those of them that stand nowhere yet into the author's accordion, or a closed one of that name."""
    waiting = [each for each in inputs if each.parent is None]
    if not waiting:
        return
    with _accordion(accordion):
        for each in waiting:
            each.render()


def _accordion(given: str | Accordion | None) -> Accordion:
    if isinstance(given, Accordion):
        return given if given.parent is not None else given.render()
    if given:
        return Accordion(given, open=False)
    return left_to_us(Accordion("Additional Inputs", open=False), "label")
