"""Yes or no."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Unpack

from doorstep.components.base import Component, ComponentProps, Files
from doorstep.events.listener import EventListener

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from doorstep.components.button import Button


class Checkbox(Component):
    """Passes a `bool`; shows a `bool`."""

    type: ClassVar[str] = "checkbox"

    change = EventListener()
    input = EventListener()
    select = EventListener()

    def __init__(
        self,
        value: bool | Callable[[], Any] = False,
        *,
        buttons: Sequence[Button] | None = None,
        **common: Unpack[ComponentProps],
    ) -> None:
        self.buttons = buttons
        super().__init__(value, **common)

    def preprocess(self, wire: Any, files: Files) -> bool | None:
        if wire is not None and not isinstance(wire, bool):
            raise self.refuse_kind("true or false", wire)
        return wire

    def postprocess(self, value: Any, files: Files) -> bool:
        return bool(value)

    def blank(self) -> bool:
        return False

    def api_info(self) -> dict[str, Any]:
        return {"type": "boolean"}
