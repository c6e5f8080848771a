"""An app: its tree of blocks and the functions that their events run."""

from __future__ import annotations

import re
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, ClassVar, Self, Unpack

from doorstep.components.base import Component
from doorstep.errors import MissingExtraError, UsageError
from doorstep.events.dependency import (
    Dependency,
    Function,
    Limit,
    ShowProgress,
    Target,
    TriggerMode,
    Visibility,
)
from doorstep.events.listener import EventListener, Listener, listed
from doorstep.graph import Block, Container
from doorstep.later import BLOCKS, QUEUE, note, note_unsupported

if TYPE_CHECKING:
    from collections.abc import Sequence

    from doorstep.launch import LaunchOptions, LaunchResult, Running

_current: ContextVar[Blocks | None] = ContextVar("doorstep_blocks", default=None)


class Blocks(Container):
    """An app made of blocks: what is made inside `with Blocks() as app:` is on its page."""

    type: ClassVar[str] = "blocks"

    load = EventListener()

    def __init__(
        self,
        *,
        mode: str = "blocks",
        title: str = "Doorstep",
        analytics_enabled: bool | None = None,  # noqa: ARG002  # there are none, ever
        fill_height: bool = False,
        fill_width: bool = False,
        **later: Any,
    ) -> None:
        note_unsupported(type(self).__name__, BLOCKS, later)
        super().__init__(render=False)
        self.mode = mode
        self.title = title
        self.fill_height = fill_height
        self.fill_width = fill_width
        self.dependencies: list[Dependency] = []
        self.default_concurrency_limit: int | None = 1
        self.max_queue_size: int | None = None
        self.running: Running | None = None

    # -- building ------------------------------------------------------------------------------

    def __enter__(self) -> Self:
        self._outer_app = _current.get()
        _current.set(self)
        return super().__enter__()

    def __exit__(self, *error: object) -> None:
        super().__exit__(*error)
        _current.set(self._outer_app)

    def queue(
        self, *, max_size: int | None = None, default_concurrency_limit: Limit = "default", **later: Any
    ) -> Self:
        """Set how many jobs may wait (None: no limit) and how many of one function may run at once."""
        note_unsupported("queue", QUEUE, later)
        self.max_queue_size = max_size
        if default_concurrency_limit != "default":
            self.default_concurrency_limit = default_concurrency_limit
        return self

    def add_dependency(
        self,
        triggers: Sequence[Listener],
        fn: Function | None,
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
        """Run `fn` when any of `triggers` happens. See `Listener.__call__`."""
        if fn is not None and not callable(fn):
            raise UsageError(f"an event runs a function, not {fn!r}")
        dependency = Dependency(
            id=len(self.dependencies),
            targets=[Target(trigger.block.id, trigger.name) for trigger in triggers],
            fn=fn,
            inputs=_components(inputs, "inputs"),
            outputs=_components(outputs, "outputs"),
            api_name="",
            api_description=api_description,
            api_visibility=api_visibility,
            show_progress=show_progress,
            trigger_mode=trigger_mode or _default_mode(triggers),
            queue=queue,
            concurrency_limit=concurrency_limit,
            concurrency_id=concurrency_id,
        )
        dependency.api_name = self._free_api_name(api_name or dependency.name)
        self.dependencies.append(dependency)
        return dependency

    def add_constant(self, trigger: Listener, values: Sequence[tuple[Component, Any]]) -> Dependency:
        """Give components wire values when `trigger` happens, without a round trip."""
        dependency = self.add_dependency(
            [trigger],
            None,
            None,
            [component for component, _ in values],
            api_name="clear",
            api_visibility="private",
        )
        dependency.changes = [(component.id, {"value": wire}) for component, wire in values]
        return dependency

    def _free_api_name(self, wanted: str) -> str:
        name = re.sub(r"\W+", "_", wanted).strip("_") or "fn"
        taken = {dependency.api_name for dependency in self.dependencies}
        candidates = [name, *(f"{name}_{number}" for number in range(1, len(taken) + 1))]
        return next(candidate for candidate in candidates if candidate not in taken)

    # -- what others ask of a finished app -----------------------------------------------------

    def concurrency_limit_of(self, dependency: Dependency) -> int | None:
        """How many calls of its group may run at once: the strictest limit that a member asks for."""
        asked = [
            self.default_concurrency_limit if each.concurrency_limit == "default" else each.concurrency_limit
            for each in self.dependencies
            if each.group == dependency.group
        ]
        return min((limit for limit in asked if limit is not None), default=None)

    def finish(self) -> None:
        """Check the graph once it is built. Raises `UsageError` for a component that is on no page,
        and `MissingExtraError` for an input whose package is not installed.
        """
        on_page = {block.id for block in self.walk()}
        for dependency in self.dependencies:
            for component in (*dependency.inputs, *dependency.outputs):
                if component.id not in on_page:
                    raise UsageError(
                        f"{dependency.name}() uses {component!r}, which is not on the page: "
                        "make it inside the `with Blocks():` or call its render() there"
                    )
        self._check_needs()
        self._add_loads()

    def _check_needs(self) -> None:
        """A missing package is better known now than at a visitor's first click.

        What is only shown may need none (a picture's path, say): of that it is a warning.
        """
        inputs = {each.id: each for dependency in self.dependencies for each in dependency.inputs}
        outputs = {each.id: each for dependency in self.dependencies for each in dependency.outputs}
        for component in inputs.values():
            component.check_needs(is_read=True)
        for number, component in outputs.items():
            if number in inputs:
                continue
            try:
                component.check_needs(is_read=False)
            except MissingExtraError as error:
                note(f"{component.title}: {error}")

    def _add_loads(self) -> None:
        """A component whose `value` is a function gets it anew whenever the page is opened."""
        for block in self.walk():
            if isinstance(block, Component) and block.load is not None:
                self.add_dependency(
                    [self.load],
                    block.load,
                    None,
                    block,
                    api_visibility="private",
                    show_progress="hidden",
                    concurrency_limit=None,
                )
                block.load = None

    # -- running -------------------------------------------------------------------------------

    def launch(self, **options: Unpack[LaunchOptions]) -> LaunchResult:
        """Serve the app; with `share=True` through a public link too. See `doorstep.launch.launch`."""
        from doorstep.launch import launch

        return launch(self, **options)

    def close(self) -> None:
        """Stop serving: the link first, then the server."""
        if self.running is not None:
            self.running.close()
            self.running = None


def current_blocks() -> Blocks | None:
    """The app whose `with` is open."""
    return _current.get()


def _components(given: Any, what: str) -> list[Component]:
    components = listed(given)
    for component in components:
        if not isinstance(component, Component):
            raise UsageError(f"{what} are components, not {component!r}")
    return components


def _default_mode(triggers: Sequence[Listener]) -> TriggerMode:
    """A change that comes while the last one is handled must not get lost."""
    return (
        "always_last"
        if any(trigger.name in {"change", "input", "key_up"} for trigger in triggers)
        else "once"
    )


__all__ = ["Block", "Blocks", "current_blocks"]
