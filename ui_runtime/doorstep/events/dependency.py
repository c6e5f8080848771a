"""A dependency: which events run which function, with which inputs and outputs."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from doorstep.events.trigger import Function, Limit, ShowProgress, Trigger, TriggerMode, Visibility

if TYPE_CHECKING:
    from doorstep.components.base import Component
    from doorstep.events.injection import Parameter
    from doorstep.graph import Block


Ending = Literal["then", "success", "failure"]


@dataclass(frozen=True)
class Target:
    """An event of a block: `block` is None for a function that only programs call."""

    block: int | None
    event: str


@dataclass(eq=False)
class Dependency:
    """One function of the app and what starts it; what an event method such as `.click(…)` returns.

    `then`, `success` and `failure` start another function when this one is over. `fn` is None when the page
    needs no round trip.
    """

    id: int
    app: Any
    """The `Blocks`, or the part rendered for one session, that it belongs to."""
    targets: list[Target]
    fn: Function | None
    inputs: list[Component]
    outputs: list[Block]
    api_name: str
    after: list[tuple[Dependency, Ending]] = field(default_factory=list)
    api_description: str | Literal[False] | None = None
    api_visibility: Visibility = "public"
    scroll_to_output: bool = False
    show_progress: ShowProgress = "full"
    show_progress_on: Sequence[Block] | None = None
    queue: bool = True
    batch: bool = False
    max_batch_size: int = 4
    preprocess: bool = True
    postprocess: bool = True
    cancels: list[Dependency] = field(default_factory=list)
    trigger_mode: TriggerMode = "once"
    js: str | None = None
    """The path of a script (see `doorstep.scripts`)."""
    concurrency_limit: Limit = "default"
    concurrency_id: str | None = None
    time_limit: float | None = None
    stream_every: float = 0.5
    key: Any = None
    validator: Function | None = None
    inputs_as_dict: bool = False
    """The inputs were given as a set: the function takes one dict keyed by component."""
    outputs_as_dict: bool = False
    """The outputs were given as a set: the function returns a dict keyed by component."""
    keywords: tuple[str, ...] = ()
    """The last inputs are passed by these names."""
    page: str | None = None
    """The path of the page whose opening starts it; None when its components say which page it is."""
    changes: list[tuple[int, dict[str, Any]]] | None = None
    """Constant changes that the page applies by itself."""
    is_render: bool = False
    """Its function makes a part of the page anew."""

    adopt: Callable[[Function], None] | None = field(default=None, repr=False)
    """Takes the function of a dependency that was made without one: it is a decorator."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the function itself (with a decorator the dependency takes the function's name)."""
        if self.adopt is not None and len(args) == 1 and callable(args[0]):
            adopt, self.adopt = self.adopt, None
            adopt(args[0])
            return self
        if self.fn is None:
            raise TypeError(f"{self.api_name} has no function to call")
        return self.fn(*args, **kwargs)

    @property
    def then(self) -> After:
        """Runs a function when this one is over, whatever came of it."""
        return After(self, "then")

    @property
    def success(self) -> After:
        """Runs a function when this one ended well."""
        return After(self, "success")

    @property
    def failure(self) -> After:
        """Runs a function when this one failed."""
        return After(self, "failure")

    @property
    def name(self) -> str:
        """What people call the function."""
        return name_of(self.fn)

    @property
    def group(self) -> str:
        """The concurrency group: functions of one group share its limit."""
        return self.concurrency_id or f"fn-{self.id}"

    @cached_property
    def injections(self) -> tuple[Parameter, ...]:
        """The function's parameters, if it asks for more than its inputs."""
        from doorstep.events.injection import parameters_of

        return () if self.fn is None else parameters_of(self.fn)

    @cached_property
    def component_places(self) -> frozenset[int]:
        """Which inputs the function wants with their properties."""
        from doorstep.events.injection import component_places

        return frozenset() if self.fn is None or self.inputs_as_dict else component_places(self.fn)

    @property
    def wants_event(self) -> bool:
        """Whether the function asks what its event carried."""
        return any(each.is_event for each in self.injections)

    @property
    def is_stream(self) -> bool:
        """Whether what a visitor streams starts it, piece by piece."""
        return any(target.event == "stream" for target in self.targets)

    def config(self) -> dict[str, Any]:
        """What the page needs to know."""
        return {
            "id": self.id,
            "targets": [[target.block, target.event] for target in self.targets],
            "inputs": [component.id for component in self.inputs],
            "outputs": [block.id for block in self.outputs],
            "api_name": self.api_name,
            "js": self.js,
            "backend_fn": self.fn is not None,
            "show_progress": self.show_progress,
            "trigger_mode": self.trigger_mode,
        } | self._more()

    def _more(self) -> dict[str, Any]:
        """What is said only where it is not the default."""
        streams = self.is_stream
        given = {
            "after": [[earlier.id, ending] for earlier, ending in self.after],
            "cancels": [each.id for each in self.cancels],
            "wants_event": self.wants_event,
            "with_props": sorted(self.component_places & set(range(len(self.inputs)))),
            "show_progress_on": [each.id for each in self.show_progress_on or ()],
            "scroll_to_output": self.scroll_to_output,
            "stream_every": self.stream_every if streams else None,
            "time_limit": self.time_limit if streams else None,
        }
        entry: dict[str, Any] = {name: value for name, value in given.items() if value}
        if self.changes is not None:
            entry["changes"] = self.changes
        return entry


class After(Trigger):
    """The end of a dependency, as what starts another one."""

    def __init__(self, dependency: Dependency, ending: Ending) -> None:
        self.dependency = dependency
        self.name = self.ending = ending

    @property
    def app(self) -> Any:
        return self.dependency.app

    def attach(self, dependency: Dependency) -> None:
        dependency.after.append((self.dependency, self.ending))


def name_of(fn: Any) -> str:
    """What people call a function, a partial or a callable object."""
    while hasattr(fn, "func"):
        fn = fn.func
    return getattr(fn, "__name__", None) or type(fn).__name__


@dataclass(frozen=True)
class Kind:
    """How a function runs: on the loop or in a thread, at once or in steps."""

    is_async: bool
    is_generator: bool


def kind_of(fn: Function) -> Kind:
    """Look through partials, methods and callable objects."""
    inner: Any = fn
    while hasattr(inner, "func"):
        inner = inner.func
    if not (inspect.isroutine(inner) or inspect.isclass(inner)):
        inner = type(inner).__call__
    return Kind(
        is_async=inspect.iscoroutinefunction(inner) or inspect.isasyncgenfunction(inner),
        is_generator=inspect.isgeneratorfunction(inner) or inspect.isasyncgenfunction(inner),
    )
