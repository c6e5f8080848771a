"""Buttons: one that runs a function, one that empties components."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Unpack

from doorstep.components.base import Component, ComponentProps, Files
from doorstep.events.listener import EventListener, listed

if TYPE_CHECKING:
    from collections.abc import Callable

Variant = Literal["primary", "secondary", "stop", "huggingface"]
Size = Literal["sm", "md", "lg"]
LinkTarget = Literal["_self", "_blank", "_parent", "_top"]


class Button(Component):
    """Its value is the text on it."""

    type: ClassVar[str] = "button"
    PROPS: ClassVar = ("variant", "size", "icon", "link", "link_target")

    click = EventListener()

    def __init__(
        self,
        value: str | Callable[[], Any] = "Run",
        *,
        variant: Variant = "secondary",
        size: Size = "lg",
        icon: str | None = None,
        link: str | None = None,
        link_target: LinkTarget = "_self",
        **common: Unpack[ComponentProps],
    ) -> None:
        self.variant = variant
        self.size = size
        self.icon = icon
        self.link = link
        self.link_target = link_target
        common.setdefault("min_width", None)
        common.setdefault("interactive", True)
        super().__init__(value, **common)

    def preprocess(self, wire: Any, files: Files) -> str | None:
        if wire is not None and not isinstance(wire, str):
            raise self.refuse_kind("text", wire)
        return wire

    def postprocess(self, value: Any, files: Files) -> str:
        return str(value)

    def api_info(self) -> dict[str, Any]:
        return {"type": "string"}


class ClearButton(Button):
    """Empties `components` when it is clicked; `add` takes more of them."""

    def __init__(
        self,
        components: Component | Sequence[Component] | None = None,
        *,
        value: str = "Clear",
        **rest: Any,
    ) -> None:
        super().__init__(value, **rest)
        self.add(components)

    def add(self, components: Component | Sequence[Component] | None) -> ClearButton:
        cleared = listed(components)
        if cleared:
            from doorstep.events.listener import app_of

            app_of(self).add_constant(self.click, [(each, each.blank()) for each in cleared])
        return self
