"""Buttons: one that runs a function, one that empties components."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Unpack

from doorstep.components.base import Component, ComponentProps, Files
from doorstep.events.listener import EventListener, app_of, listed

if TYPE_CHECKING:
    from collections.abc import Callable

    from doorstep.events.trigger import Visibility

Variant = Literal["primary", "secondary", "stop", "huggingface"]
Size = Literal["sm", "md", "lg"]
LinkTarget = Literal["_self", "_blank", "_parent", "_top"]


class Button(Component):
    """Its value is the text on it.

    `icon` is a picture's file or address; with a `link` it leads there.
    """

    type: ClassVar[str] = "button"
    PROPS: ClassVar = ("variant", "size", "icon", "link", "link_target")
    SPOKEN: ClassVar = ("value",)

    change = EventListener()
    click = EventListener()

    def __init__(
        self,
        value: str | Callable[[], Any] = "Run",
        *,
        variant: Variant = "secondary",
        size: Size = "lg",
        icon: str | Path | None = None,
        link: str | None = None,
        link_target: LinkTarget = "_self",
        **common: Unpack[ComponentProps],
    ) -> None:
        self.variant = variant
        self.size = size
        self.icon = None if icon is None else str(icon)
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

    def file_props(self, files: Files) -> dict[str, Any]:
        return icon_of(self.icon, files)

    def stand_in(self, component: Component) -> None:
        """Stand beside the label of `component` rather than where it was made."""
        self.unrender()
        self.is_placed = False
        if component.parent is not None:
            component.parent.append(self)


def icon_of(icon: str | None, files: Files) -> dict[str, Any]:
    """The property `icon` as the page takes it; an address is one already."""
    return {"icon": files.add(Path(icon))} if icon and Path(icon).is_file() else {}


class ClearButton(Button):
    """Empties `components` when it is clicked; `add` takes more of them.

    Programs may empty them too, by `api_name`, if it is `public`.
    """

    def __init__(
        self,
        components: Component | Sequence[Component] | None = None,
        *,
        value: str = "Clear",
        api_name: str | None = None,
        api_visibility: Visibility = "undocumented",
        **rest: Any,
    ) -> None:
        self.api_name = api_name
        self.api_visibility = api_visibility
        super().__init__(value, **rest)
        self.add(components)

    def add(self, components: Component | Sequence[Component] | None) -> ClearButton:
        cleared = listed(components)
        blanks = [each.blank() for each in cleared]
        if not cleared:
            return self
        if self.api_visibility == "public":
            quick: Any = {"postprocess": False, "queue": False, "show_progress": "hidden"}
            emptied = blanks[0] if len(blanks) == 1 else blanks
            self.click(lambda: emptied, None, cleared, self.api_name or "clear", **quick)
        else:
            app_of(self).add_constant(self.click, list(zip(cleared, blanks, strict=True)))
        return self
