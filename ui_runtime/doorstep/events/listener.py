"""Event methods such as `.click(...)` and `.change(...)`: a descriptor on the component's class."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING, Any, overload

from doorstep.errors import UsageError
from doorstep.events.trigger import Trigger

if TYPE_CHECKING:
    from doorstep.events.dependency import Dependency
    from doorstep.events.registry import Registry
    from doorstep.graph import Block


class Listener(Trigger):
    """The event `name` of one block: call it to run a function when it happens."""

    def __init__(self, block: Block, name: str) -> None:
        self.block = block
        self.name = name

    @property
    def app(self) -> Registry:
        return app_of(self.block)

    def attach(self, dependency: Dependency) -> None:
        dependency.app.start(dependency, self)

    def __call__(self, *given: Any, **options: Any) -> Dependency:
        """As of every trigger; `like_user_message` was a word to `.like` once, the Chatbot has it now."""
        block: Any = self.block
        if hasattr(block, "like_user_message") and "like_user_message" in options:
            block.like_user_message = options.pop("like_user_message")
        return super().__call__(*given, **options)


class EventListener:
    """Declares an event on a class: `click = EventListener()`."""

    def __set_name__(self, owner: type[Block], name: str) -> None:
        self.name = name

    @overload
    def __get__(self, block: None, owner: type[Block]) -> EventListener: ...

    @overload
    def __get__(self, block: Block, owner: type[Block]) -> Listener: ...

    def __get__(self, block: Block | None, owner: type[Block]) -> EventListener | Listener:
        return self if block is None else Listener(block, self.name)


def app_of(block: Block) -> Registry:
    """Where the events of `block` are registered: the innermost app whose `with` is open, or its own."""
    from doorstep.events.registry import Registry, current_registry

    app = current_registry() or block.root
    if not isinstance(app, Registry):
        raise UsageError(f"events of {block!r} can be attached only inside `with Blocks():`")
    return app


def listed(components: Any) -> list[Any]:
    """`inputs` and `outputs` as people write them: one, several or none."""
    if components is None:
        return []
    if isinstance(components, AbstractSet):
        return sorted(components, key=lambda each: getattr(each, "id", 0))
    if isinstance(components, (list, tuple)):
        return list(components)
    return [components]
