"""What starts a function, and all that can be said of it: the parameters of every event method."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, TypedDict, Unpack

if TYPE_CHECKING:
    from doorstep.components.base import Component
    from doorstep.events.dependency import Dependency
    from doorstep.graph import Block

ShowProgress = Literal["full", "minimal", "hidden"]
TriggerMode = Literal["once", "multiple", "always_last"]
Visibility = Literal["public", "private", "undocumented"]
Limit = int | Literal["default"] | None
Function = Callable[..., Any]
Decorated = Literal["decorator"]
"""Stands for a function that comes later: the call is a decorator."""

Inputs: TypeAlias = (
    "Component | Sequence[Component] | AbstractSet[Component] | Mapping[str, Component] | None"
)
Outputs: TypeAlias = "Block | Sequence[Block] | AbstractSet[Block] | None"


class EventOptions(TypedDict, total=False):
    """How a function is run when its event happens."""

    api_description: str | Literal[False] | None
    api_visibility: Visibility
    scroll_to_output: bool
    show_progress: ShowProgress
    show_progress_on: Component | Sequence[Component] | None
    queue: bool | None
    batch: bool
    """The function takes a list of values for each input and returns a list for each output."""
    max_batch_size: int
    preprocess: bool
    postprocess: bool
    cancels: Dependency | Sequence[Dependency] | None
    """Event listeners whose running jobs end when this event happens."""
    trigger_mode: TriggerMode | None
    """What becomes of an event that comes while the last one's job is not over."""
    js: str | Literal[True] | None
    """JavaScript that runs before the function, or instead of it."""
    concurrency_limit: Limit
    """How many calls may run at once (None: any number)."""
    concurrency_id: str | None
    """Functions with the same one share the lowest limit among them."""
    time_limit: float | None
    stream_every: float
    key: int | str | tuple[int | str, ...] | None
    validator: Function | None
    """Runs first, with the same arguments, and returns `validate(…)` for each input."""
    inputs_kwargs: Mapping[str, Component] | None


class Trigger:
    """Something that happens. Call it to run a function when it does."""

    name: str

    @property
    def app(self) -> Any:
        """Where a dependency on it is registered."""
        raise NotImplementedError

    def attach(self, dependency: Dependency) -> None:
        """Make it start `dependency`."""
        raise NotImplementedError

    def __call__(
        self,
        fn: Function | Decorated | None = "decorator",
        inputs: Inputs = None,
        outputs: Outputs = None,
        api_name: str | Literal[False] | None = None,
        **options: Unpack[EventOptions],
    ) -> Dependency:
        """Run `fn` with the values of `inputs`; what it returns goes to `outputs`. Also a decorator of `fn`.

        `api_name` is what programs call it: the function's own name if None, nothing if False.
        """
        dependency: Dependency = self.app.add_dependency([self], fn, inputs, outputs, api_name, **options)
        return dependency
