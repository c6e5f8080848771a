"""Functions for several events (`on`) and for programs (`api`)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal, Unpack

from doorstep.errors import UsageError
from doorstep.events.listener import listed
from doorstep.events.registry import Registry, current_registry
from doorstep.events.trigger import Decorated, EventOptions, Function, Inputs, Outputs, Trigger

if TYPE_CHECKING:
    from doorstep.events.dependency import Dependency


def on(
    triggers: Trigger | Sequence[Trigger] | None = None,
    fn: Function | Decorated | None = "decorator",
    inputs: Inputs = None,
    outputs: Outputs = None,
    api_name: str | Literal[False] | None = None,
    **options: Unpack[EventOptions],
) -> Dependency:
    """Run `fn` at any of `triggers`, such as `[button.click, box.submit]`. Also a decorator of `fn`.

    Without triggers it runs when the page is opened and when an input changes.
    """
    wanted = listed(triggers)
    for trigger in wanted:
        if not isinstance(trigger, Trigger):
            raise UsageError(f"triggers are events such as button.click, not {trigger!r}")
    registry = _registry(wanted, "on")
    if triggers is None:
        given = inputs.values() if isinstance(inputs, dict) else listed(inputs)
        wanted = [registry.opened(), *changes_of(list(given))]
    return registry.add_dependency(wanted, fn, inputs, outputs, api_name, **options)


def api(
    fn: Function | Decorated = "decorator",
    *,
    api_name: str | None = None,
    **options: Unpack[EventOptions],
) -> Any:
    """Offer `fn` to programs, without a place on the page; the types of its parameters say what it takes."""
    from doorstep.components.api import values_of

    registry = _registry([], "api")

    def offer(function: Function) -> Dependency:
        values = values_of(function)
        options["inputs_kwargs"] = values.named
        return registry.add_dependency([], function, values.inputs, values.outputs, api_name, **options)

    return offer if fn == "decorator" else offer(fn)


def changes_of(components: Sequence[Any]) -> list[Trigger]:
    """The `change` of each component that has one."""
    changes = [getattr(component, "change", None) for component in components]
    return [change for change in changes if isinstance(change, Trigger)]


def _registry(triggers: Sequence[Trigger], what: str) -> Registry:
    registry = current_registry() or (triggers[0].app if triggers else None)
    if registry is None:
        raise UsageError(f"{what}(…) belongs inside a `with Blocks():`")
    return registry
