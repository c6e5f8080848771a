"""Blocks that show one of their parts at a time: tabs, and a walkthrough of steps."""

from __future__ import annotations

from typing import Any, ClassVar, Literal, Unpack

from doorstep.components.layout import Length
from doorstep.errors import UsageError
from doorstep.events.listener import EventListener
from doorstep.graph import BlockProps, Container, Visible


class Tabs(Container):
    """Holds `Tab`s. `selected` is the `id` of the one that shows (None: the first)."""

    type: ClassVar[str] = "tabs"
    PROPS: ClassVar = ("selected", "overflow_behavior")

    change = EventListener()
    select = EventListener()

    def __init__(
        self,
        *,
        selected: int | str | None = None,
        overflow_behavior: Literal["menu", "wrap"] = "menu",
        **common: Unpack[BlockProps],
    ) -> None:
        self.selected = selected
        self.overflow_behavior = overflow_behavior
        self.is_implied = False
        """Made for a `Tab` that stood in no `Tabs`; the tabs that follow it go there too."""
        super().__init__(**common)


class Tab(Container):
    """One tab, called `label`: `with Tab("Settings"):`. `id` is its name for `Tabs(selected=…)`."""

    type: ClassVar[str] = "tab"
    PROPS: ClassVar = ("label", "interactive", "alignment", "height", "max_height", "render_children")

    select = EventListener()

    def __init__(
        self,
        label: str | None = None,
        visible: Visible = True,
        interactive: bool = True,
        *,
        id: int | str | None = None,  # noqa: A002  # the public name
        alignment: Literal["left", "right"] = "left",
        height: Length = None,
        max_height: Length = None,
        render_children: bool = False,
        **common: Any,
    ) -> None:
        self.label = label
        self.interactive = interactive
        self.tab_id = id
        self.alignment = alignment
        self.height = height
        self.max_height = max_height
        self.render_children = render_children
        super().__init__(visible=visible, **common)

    def home_in(self, container: Container) -> Container:
        """Tabs, made for the first of several tabs that stand outside of any."""
        if isinstance(container, Tabs):
            return container
        last = container.children[-1] if container.children else None
        if isinstance(last, Tabs) and last.is_implied:
            return last
        tabs = Tabs(render=False)
        tabs.is_implied = True
        container.append(tabs)
        return tabs

    def props(self) -> dict[str, object]:
        return super().props() | {"id": self.id if self.tab_id is None else self.tab_id}


class Walkthrough(Container):
    """Holds `Step`s that follow one another. `selected` is the `id` of the one that shows."""

    type: ClassVar[str] = "walkthrough"
    PROPS: ClassVar = ("selected",)

    change = EventListener()
    select = EventListener()

    def __init__(self, *, selected: int | None = None, **common: Unpack[BlockProps]) -> None:
        self.selected = selected
        super().__init__(**common)


class Step(Container):
    """One step of a `Walkthrough`, called `label`; `id` is its name for `Walkthrough(selected=…)`."""

    type: ClassVar[str] = "step"
    PROPS: ClassVar = ("label", "interactive")

    select = EventListener()

    def __init__(
        self,
        label: str | None = None,
        visible: Visible = True,
        interactive: bool = True,
        *,
        id: int | None = None,  # noqa: A002  # the public name
        **common: Any,
    ) -> None:
        self.label = label
        self.interactive = interactive
        self.step_id = id
        super().__init__(visible=visible, **common)

    def home_in(self, container: Container) -> Container:
        if not isinstance(container, Walkthrough):
            raise UsageError(f"Step {self.label!r} stands in no `with Walkthrough():`")
        return container

    def props(self) -> dict[str, object]:
        return super().props() | {"id": self.id if self.step_id is None else self.step_id}


TabItem = Tab
