"""Event methods such as `.click(...)` and `.change(...)`: a descriptor on the component's class."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, overload

from doorstep.errors import UsageError

if TYPE_CHECKING:
    from doorstep.blocks import Blocks
    from doorstep.components.base import Component
    from doorstep.events.dependency import (
        Dependency,
        Function,
        Limit,
        ShowProgress,
        TriggerMode,
        Visibility,
    )
    from doorstep.graph import Block


class Listener:
    """The event `name` of one block: call it to run a function when it happens."""

    def __init__(self, block: Block, name: str) -> None:
        self.block = block
        self.name = name

    def __call__(
        self,
        fn: Function | None = None,
        inputs: Component | Sequence[Component] | None = None,
        outputs: Component | Sequence[Component] | None = None,
        *,
        api_name: str | None = None,
        api_description: str | None = None,
        api_visibility: Visibility = "public",
        show_progress: ShowProgress = "full",
        queue: bool = True,
        trigger_mode: TriggerMode | None = None,
        concurrency_limit: Limit = "default",
        concurrency_id: str | None = None,
    ) -> Dependency:
        """Run `fn` with the values of `inputs`; what it returns goes to `outputs`.

        `concurrency_limit` is how many calls may run at once (None: no limit; the default is 1).
        """
        return app_of(self.block).add_dependency(
            [self],
            fn,
            inputs,
            outputs,
            api_name=api_name,
            api_description=api_description,
            api_visibility=api_visibility,
            show_progress=show_progress,
            queue=queue,
            trigger_mode=trigger_mode,
            concurrency_limit=concurrency_limit,
            concurrency_id=concurrency_id,
        )


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


def app_of(block: Block) -> Blocks:
    from doorstep.blocks import Blocks, current_blocks

    app = current_blocks() or block.root
    if not isinstance(app, Blocks):
        raise UsageError(f"events of {block!r} can be attached only inside `with Blocks():`")
    return app


def listed(components: Any) -> list[Any]:
    """`inputs` and `outputs` as people write them: one, several or none."""
    if components is None:
        return []
    if isinstance(components, (list, tuple)):
        return list(components)
    return [components]
