"""A dependency: which events run which function, with which inputs and outputs."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from doorstep.components.base import Component

ShowProgress = Literal["full", "minimal", "hidden"]
TriggerMode = Literal["once", "multiple", "always_last"]
Visibility = Literal["public", "private", "undocumented"]
Limit = int | Literal["default"] | None
Function = Callable[..., Any]


@dataclass(frozen=True)
class Target:
    """An event of a block: `block` is None for a function that only programs call."""

    block: int | None
    event: str


@dataclass
class Dependency:
    """One function of the app. `fn` is None when the page needs no round trip."""

    id: int
    targets: list[Target]
    fn: Function | None
    inputs: list[Component]
    outputs: list[Component]
    api_name: str
    api_description: str | None = None
    api_visibility: Visibility = "public"
    show_progress: ShowProgress = "full"
    trigger_mode: TriggerMode = "once"
    queue: bool = True
    concurrency_limit: Limit = "default"
    concurrency_id: str | None = None
    changes: list[tuple[int, dict[str, Any]]] | None = field(default=None)
    """Constant changes that the page applies by itself."""

    @property
    def name(self) -> str:
        """What people call the function."""
        return getattr(self.fn, "__name__", None) or type(self.fn).__name__

    @property
    def group(self) -> str:
        """The concurrency group: functions of one group share its limit."""
        return self.concurrency_id or f"fn-{self.id}"

    def config(self) -> dict[str, Any]:
        """What the page needs to know."""
        entry: dict[str, Any] = {
            "id": self.id,
            "targets": [[target.block, target.event] for target in self.targets],
            "inputs": [component.id for component in self.inputs],
            "outputs": [component.id for component in self.outputs],
            "api_name": self.api_name,
            "js": None,
            "backend_fn": self.fn is not None,
            "show_progress": self.show_progress,
            "trigger_mode": self.trigger_mode,
        }
        if self.changes is not None:
            entry["changes"] = self.changes
        return entry


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
