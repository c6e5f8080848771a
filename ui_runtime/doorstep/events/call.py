"""One call of a function: from wire values to arguments, from what it returned to changes of the page."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from doorstep.errors import MissingExtraError, OutputError, RefusedError
from doorstep.events import updates
from doorstep.events.injection import arranged
from doorstep.graph import Block
from doorstep.messages import check_wire
from doorstep.render import CALL
from doorstep.report import warn_at

if TYPE_CHECKING:
    from collections.abc import Iterator

    from doorstep.components.base import Component, Files
    from doorstep.events.dependency import Dependency
    from doorstep.events.visit import Visit

Props = dict[str, Any]
"""Properties of a component that change; its new wire value is `value`."""


class Call(Protocol):
    """A job, as far as its function is concerned. `trigger` is the id of the block that started it."""

    @property
    def dependency(self) -> Dependency: ...
    @property
    def data(self) -> list[Any]: ...
    @property
    def visit(self) -> Visit: ...
    @property
    def trigger(self) -> int | None: ...
    @property
    def event(self) -> Any: ...
    @property
    def streams(self) -> dict[int, Any]:
        """What outputs that grow with each step have shown so far, by component."""
        ...


class Arguments(NamedTuple):
    args: list[Any]
    kwargs: dict[str, Any]


# -- what goes in ------------------------------------------------------------------------------


def arguments(call: Call) -> Arguments:
    """The function's arguments. Raises `RefusedError`, naming the component whose value is refused."""
    return arrange(call, values(call))


def values(call: Call) -> list[Any]:
    """The inputs' Python values, in their order."""
    dependency = call.dependency
    wanted = len(dependency.inputs)
    if len(call.data) != wanted:
        raise RefusedError(f"{dependency.api_name} takes {_count(wanted, 'input')}, got {len(call.data)}")
    visit = call.visit
    if not dependency.preprocess:
        return [
            _located(component, wire, visit)
            for component, wire in zip(dependency.inputs, call.data, strict=True)
        ]
    return [
        _with_props(visit.component(component), wire, visit)
        if place in dependency.component_places
        else _read(visit.component(component), wire, visit)
        for place, (component, wire) in enumerate(zip(dependency.inputs, call.data, strict=True))
    ]


def _read(component: Component, wire: Any, visit: Visit) -> Any:
    try:
        return component.read(wire, visit)
    except RecursionError:
        raise component.refuse("the value is nested too deeply") from None


def _with_props(component: Component, wire: Any, visit: Visit) -> SimpleNamespace:
    """The component as its function asked for it: its value and its properties.

    The page sends `{"value": …, "props": {…}}`, with those that a person changes by using it; a client may
    send the value alone.
    """
    props = component.props()
    if isinstance(wire, dict) and wire.keys() == {"value", "props"} and isinstance(wire["props"], dict):
        props |= _live(component, wire["props"])
        wire = wire["value"]
    return SimpleNamespace(**props | {"value": _read(component, wire, visit)})


def _live(component: Component, sent: dict[str, Any]) -> dict[str, bool | float]:
    """What the page says of how the component is used now; of other properties it has no say."""
    live = {name: each for name, each in sent.items() if name in component.LIVE}
    for name, each in live.items():
        if type(each) not in component.LIVE[name]:
            raise component.refuse(f"{name} is not {each!r:.40}")
    return live


def _located(component: Component, wire: Any, visit: Visit) -> Any:
    try:
        return located(component.whole(wire, visit), visit.files)
    except RecursionError:
        raise component.refuse("the value is nested too deeply") from None


def located(wire: Any, files: Files) -> Any:
    """A wire value for a function that takes it as it is: `path` of a file is where its bytes are.

    Raises `FileRefusedError` for a file that is not the session's.
    """
    if isinstance(wire, list):
        return [located(each, files) for each in wire]
    if not isinstance(wire, dict):
        return wire
    if isinstance(wire.get("path"), str) and "meta" in wire:
        return {**wire, "path": str(files.path_of(wire))}
    return {key: located(each, files) for key, each in wire.items()}


def arrange(call: Call, given: list[Any]) -> Arguments:
    """Values as the function wants them: one by one or as one dict, with what it asks for besides."""
    dependency = call.dependency
    names = dependency.keywords
    positional = given[: len(given) - len(names)]
    kwargs = dict(zip(names, given[len(positional) :], strict=True))
    if dependency.inputs_as_dict:
        positional = [dict(zip(dependency.inputs, given, strict=True))]
    args, injected = arranged(dependency.injections, positional, call)
    if dependency.is_render:
        injected = {**injected, CALL: call}
    return Arguments(args, kwargs | injected)


# -- what comes out ----------------------------------------------------------------------------


def results(call: Call, returned: Any) -> list[tuple[int, Props]]:
    """The outputs that change: ids and properties. Raises `OutputError`, naming what does not fit."""
    dependency = call.dependency
    changes = []
    for component, value in _assigned(dependency, returned):
        props = _shown(call, component, value)
        if props:
            changes.append((component.id, props))
    return changes


def _assigned(dependency: Dependency, returned: Any) -> Iterator[tuple[Block, Any]]:
    """Which output gets which value."""
    outputs = dependency.outputs
    if not outputs or updates.is_skip(returned):
        return iter(())
    if isinstance(returned, dict) and returned and all(isinstance(key, Block) for key in returned):
        return _by_component(dependency, returned)
    if dependency.outputs_as_dict:
        raise OutputError(
            f"{dependency.name}() has a set of outputs, so it returns a dict keyed by component, "
            f"not a {type(returned).__name__}"
        )
    values = [returned] if len(outputs) == 1 else _spread(dependency, returned)
    return zip(outputs, values, strict=True)


def _by_component(dependency: Dependency, returned: dict[Block, Any]) -> Iterator[tuple[Block, Any]]:
    outputs = {output.id: output for output in dependency.outputs}
    for block in returned:
        if block.id not in outputs:
            names = ", ".join(output.title for output in dependency.outputs)
            raise OutputError(
                f"{dependency.name}() returned a value for {block.title}, which is not one of its outputs "
                f"({names})"
            )
    return ((outputs[block.id], value) for block, value in returned.items())


def _spread(dependency: Dependency, returned: Any) -> list[Any]:
    many = isinstance(returned, (tuple, list))
    got, wanted = len(returned) if many else 1, len(dependency.outputs)
    if many and got == wanted:
        return list(returned)
    names = ", ".join(output.title for output in dependency.outputs)
    message = f"{dependency.name}() returned {_count(got, 'value')} for {_count(wanted, 'output')} ({names})"
    if got < wanted:
        raise OutputError(message)
    warn_at(dependency.fn, f"{message}; the rest is ignored")
    return list(returned[:wanted])


def _shown(call: Call, output: Block, value: Any) -> Props:
    """What the page has to change at `output`."""
    dependency = call.dependency
    if not dependency.postprocess:
        check_wire(value)
        return {"value": value}
    try:
        props = _props(call, output, value)
        check_wire(props)
    except MissingExtraError:  # the function did nothing wrong
        raise
    except OutputError as error:
        raise OutputError(f"{output.title}: {error}") from error
    except (TypeError, ValueError, OSError) as error:
        kind = type(value).__name__
        raise OutputError(
            f"{dependency.name}() returned a {kind} that {output.title} cannot show: {error}"
        ) from error
    return props


def _props(call: Call, output: Block, value: Any) -> Props:
    visit = call.visit
    change = updates.change_of(value)
    if change is not None:
        return updates.apply(change, output, visit)
    component: Component = updates.as_component(output)
    return {"value": visit.component(component).show_of(call, value)}


# -- validators --------------------------------------------------------------------------------


def check(call: Call, verdict: Any) -> None:
    """Raises `InvalidError` when a validator said no to an input: it returned `verdict`."""
    updates.check_verdict(verdict, call.dependency.inputs)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
