"""`render`: parts of the page that the app makes anew while the page is open, for each session its own.

    with ds.Blocks() as app:
        count = ds.Slider(1, 5, step=1)

        @ds.render(inputs=count)
        def boxes(n):
            for number in range(int(n)):
                ds.Textbox(label=f"box {number}", key=number)

A block with the same `key` as one of the last time takes over its id, and the page keeps what its
`preserved_by_key` names (its value, unless told otherwise).
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Final, Self

from doorstep.components.base import Component
from doorstep.errors import UsageError
from doorstep.events.dependency import After, Target, kind_of
from doorstep.events.listener import Listener, listed
from doorstep.events.on import changes_of
from doorstep.events.registry import Registry, current, current_registry
from doorstep.graph import Container, keeper

if TYPE_CHECKING:
    from collections.abc import Hashable

    from doorstep.blocks import Blocks
    from doorstep.events.call import Call
    from doorstep.events.dependency import Dependency
    from doorstep.events.scripts import Scripts
    from doorstep.events.trigger import Function, Limit, ShowProgress, Trigger, TriggerMode
    from doorstep.events.visit import Visit
    from doorstep.graph import Block

CALL: Final = "_doorstep_call"
"""The keyword by which a rendering function's wrapper learns for whom it renders."""


def render(
    inputs: Component | Sequence[Component] | None = None,
    triggers: Trigger | Sequence[Trigger] | None = None,
    *,
    queue: bool = True,
    trigger_mode: TriggerMode | None = "always_last",
    concurrency_limit: Limit = None,
    concurrency_id: str | None = None,
    show_progress: ShowProgress = "full",
) -> Callable[[Function], Function]:
    """Decorate a function that makes components: what it makes stands where it is, and is made anew at each
    of `triggers` (when the page is opened and when an input changes, if None).
    """

    def decorate(fn: Function) -> Function:
        registry = current_registry()
        if registry is None:
            raise UsageError("render belongs inside a `with Blocks():`")
        place = Rendered()
        dependency = registry.add_dependency(
            listed(triggers) or [registry.opened(), *changes_of(listed(inputs))],
            _rendering(fn, place),
            inputs,
            None,
            False,
            queue=queue,
            trigger_mode=trigger_mode,
            concurrency_limit=concurrency_limit,
            concurrency_id=concurrency_id,
            show_progress=show_progress,
        )
        dependency.is_render = True
        dependency.show_progress_on = [place]
        return fn

    return decorate


class Rendered(Container):
    """The place on the page that a rendering function fills."""

    type: ClassVar[str] = "render"

    def __init__(self) -> None:
        part = keeper.get()
        super().__init__(key=None if part is None else ("render", part.next_place()))


def _rendering(fn: Function, place: Rendered) -> Function:
    """The function, making a part of the page of its call's session."""
    kind = kind_of(fn)
    if kind.is_generator:
        raise UsageError(f"render: {fn!r} yields; a rendering function makes its components and returns")

    @functools.wraps(fn)
    def wrapper(*args: Any, **kwargs: Any) -> None:
        call = kwargs.pop(CALL)
        with Part(place, call):
            fn(*args, **kwargs)

    @functools.wraps(fn)
    async def async_wrapper(*args: Any, **kwargs: Any) -> None:
        call = kwargs.pop(CALL)
        with Part(place, call):
            await fn(*args, **kwargs)

    return async_wrapper if kind.is_async else wrapper


# -- what a session has ------------------------------------------------------------------------


@dataclass(slots=True)
class Overlay:
    """What one session has beside the app: blocks that updates changed, and what was rendered for it."""

    blocks: dict[int, Block] = field(default_factory=dict)
    dependencies: dict[int, Dependency] = field(default_factory=dict)
    parts: dict[int, Part] = field(default_factory=dict)
    """What each place holds now, by the id of its `Rendered`."""
    next_id: int = 0
    """The id of the next dependency of a part; 0 before the first."""

    def put(self, place: int, part: Part) -> None:
        """A part takes the place of the one before."""
        before = self.parts.get(place)
        if before is not None:
            self.drop(before, kept={block.id for block in part.walk()})
        self.parts[place] = part
        self.blocks |= {block.id: block for block in part.walk()}
        self.dependencies |= {dependency.id: dependency for dependency in part.dependencies}

    def drop(self, part: Part, kept: set[int]) -> None:
        """Forget a part, and what was rendered inside of it; but not the places that are `kept`."""
        for dependency in part.dependencies:
            self.dependencies.pop(dependency.id, None)
        for block in part.walk():
            self.blocks.pop(block.id, None)
            if block.id not in kept and block.id in self.parts:
                self.drop(self.parts.pop(block.id), kept)


class Part(Registry, Container):
    """What a rendering function makes in one call: its blocks, and the functions that their events run."""

    def __init__(self, place: Rendered, call: Call) -> None:
        super().__init__(render=False)
        self.place = place
        self.visit: Visit = call.visit
        self.app: Blocks = call.visit.app
        self.scripts: Scripts = self.app.scripts
        self.dependencies: list[Dependency] = []
        self.api_names: set[str] = set()
        self._call = call
        self._places = itertools.count()
        self._before = self.visit.overlay.parts.get(place.id)
        self._keys: dict[Hashable, int] = {}
        self._taken_over: list[Block] = []

    # -- what a registry decides ---------------------------------------------------------------

    def next_id(self, key: Any) -> int:
        for dependency in self._before.dependencies if self._before is not None and key is not None else ():
            if dependency.key == key:
                return dependency.id
        overlay = self.visit.overlay
        number = overlay.next_id or len(self.app.dependencies)
        overlay.next_id = number + 1
        return number

    def opened(self) -> Trigger:
        return After(self._call.dependency, "success")

    def start(self, dependency: Dependency, listener: Listener) -> None:
        """The page was opened long ago: what is to run then runs once this part is there."""
        if listener.name == "load" and listener.block is self.app:
            self.opened().attach(dependency)
        else:
            dependency.targets.append(Target(listener.block.id, listener.name))

    # -- keys ----------------------------------------------------------------------------------

    def next_place(self) -> int:
        """The number of the next part inside of this one."""
        return next(self._places)

    def id_for(self, block: Block, key: Hashable) -> int | None:
        """The id that a block of this kind with this key had the last time."""
        name = (block.type, key)
        if name in self._keys:
            raise UsageError(f"two blocks of the kind {type(block).__name__} have the key {key!r}")
        number = self._before._keys.get(name) if self._before is not None else None  # noqa: SLF001
        if number is not None:
            self._taken_over.append(block)
        self._keys[name] = block.id if number is None else number
        return number

    # -- from the first block to the page ------------------------------------------------------

    def __enter__(self) -> Self:
        self._tokens = current.set(self), keeper.set(self)
        return super().__enter__()

    def __exit__(self, *error: object) -> None:
        if not any(error):
            self.add_loads(self)
        super().__exit__(*error)
        current.reset(self._tokens[0])
        keeper.reset(self._tokens[1])
        if not any(error):
            self._check()
            self._keep()
            self.visit.overlay.put(self.place.id, self)
            self._show()

    def _check(self) -> None:
        own = {block.id for block in self.walk()}
        for dependency in self.dependencies:
            for block in (*dependency.inputs, *dependency.outputs):
                if block.has_look and block.id not in own and self.visit.block(block.id) is None:
                    raise UsageError(f"{dependency.name}() uses {block!r}, which is not on the page")

    def _keep(self) -> None:
        """Blocks that were there before keep what they are asked to, here as on the page."""
        for block in self._taken_over:
            before = self.visit.overlay.blocks.get(block.id)
            for name in block.preserved_by_key:
                if name != "value" and before is not None and hasattr(before, name):
                    setattr(block, name, getattr(before, name))

    def _show(self) -> None:
        tell = self.visit.tell
        if tell is None:
            return
        from doorstep.messages import Render
        from doorstep.page import entries, layout_of

        blocks = {block.id: block for block in self.walk()}
        message = Render(
            block=self.place.id,
            components=entries(blocks.values(), self.dependencies, self.visit.files, self.visit),
            children=layout_of(self),
            dependencies=[dependency.config() for dependency in self.dependencies],
        )
        taken = {block.id for block in self._taken_over}
        for entry in message.components:
            if entry["id"] in taken:
                entry["keep"] = blocks[entry["id"]].preserved_by_key
        tell(message)
