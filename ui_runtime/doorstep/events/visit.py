"""A visit: what the functions of one session may know and touch, whoever carries its messages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from doorstep.blocks import Blocks
    from doorstep.components.base import Component, Files
    from doorstep.events.dependency import Dependency
    from doorstep.graph import Block
    from doorstep.messages import Numbered
    from doorstep.render import Overlay
    from doorstep.states import States


def _overlay() -> Overlay:
    from doorstep.render import Overlay

    return Overlay()


def _states() -> States:
    from doorstep.states import States  # needs what an app that is only built must not load

    return States()


@dataclass(slots=True)
class Visit:
    """One session, as its functions see it. `scope` is the ASGI scope of its (latest) connection."""

    app: Blocks
    files: Files
    session_hash: str | None = None
    username: str | None = None
    scope: Mapping[str, Any] | None = None
    tell: Callable[[Numbered], None] | None = None
    """Sends the page a message that belongs to no job, from any thread; None for a program."""
    overlay: Overlay = field(default_factory=_overlay)
    """What differs from the app in this session alone."""
    states: States = field(default_factory=_states)
    """The values of `State` components in this session."""
    kept: dict[int, Any] = field(default_factory=dict)
    """What components remember of what they showed in this session, by their ids."""

    streams: dict[int, Any] = field(default_factory=dict)
    """What outputs that grow with each `stream` event have shown so far, by component."""

    def block(self, number: int | None) -> Block | None:
        """The block with this id as this session has it."""
        if number is None:
            return None
        return self.overlay.blocks.get(number) or self.app.blocks.get(number)

    def component(self, component: Component) -> Component:
        """The component as this session has it: updates may have changed its choices, say."""
        return self.overlay.blocks.get(component.id, component)  # type: ignore[return-value]  # the same kind

    def dependency(self, number: int) -> Dependency | None:
        """The dependency with this id that runs a function, of the app or of a part rendered here."""
        found = self.overlay.dependencies.get(number)
        if found is None and 0 <= number < len(self.app.dependencies):
            found = self.app.dependencies[number]
        return found if found is not None and found.fn is not None else None

    def was_rendered(self, number: int) -> bool:
        """Whether this was the id of a dependency in a part of the page that was made anew since."""
        return len(self.app.dependencies) <= number < self.overlay.next_id
