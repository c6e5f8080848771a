"""What a function gets without asking for an input: by the annotation of a parameter, or by its default.

`Request`, `EventData` (and its kin) and `Visit` are known by their annotations. A default value that has a
method `bound(call)`, as `Progress` has, is bound to the call.
"""

from __future__ import annotations

import inspect
import re
import types
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Union, get_args, get_origin

from doorstep.components.base import Component
from doorstep.errors import FileRefusedError
from doorstep.events import data
from doorstep.events.data import EventData
from doorstep.events.visit import Visit
from doorstep.later import note
from doorstep.request import Request

if TYPE_CHECKING:
    from doorstep.events.call import Call
    from doorstep.events.dependency import Dependency

Supply = Callable[["Call"], Any]
SUPPLIED: tuple[type, ...] = (Request, EventData, Visit)


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a function; `supply` makes its argument where it is not an input's value."""

    name: str
    kind: Any
    supply: Supply | None = None
    is_event: bool = False


def parameters_of(fn: Callable[..., Any]) -> tuple[Parameter, ...]:
    """The parameters, or none of them when no input has to make room for anything else."""
    try:
        signature = inspect.signature(fn)
    except (TypeError, ValueError):  # some built-in functions have no signature
        return ()
    known = tuple(_parameter(each, fn) for each in signature.parameters.values())
    return known if any(each.supply for each in known) else ()


def component_places(fn: Callable[..., Any]) -> frozenset[int]:
    """Which inputs the function wants as components: `sound: ds.Audio` has `.value` and its properties."""
    try:
        signature = inspect.signature(fn)
    except (TypeError, ValueError):
        return frozenset()
    inputs = [each for each in signature.parameters.values() if _parameter(each, fn).supply is None]
    wanted = [_class_of(each.annotation, fn, (Component,)) is not None for each in inputs]
    return frozenset(place for place, is_wanted in enumerate(wanted) if is_wanted)


def arranged(
    parameters: tuple[Parameter, ...], values: list[Any], call: Call
) -> tuple[list[Any], dict[str, Any]]:
    """The values in their order with what is supplied between them; by name once the values are used up."""
    if not parameters:
        return values, {}
    args: list[Any] = []
    by_name: dict[str, Any] = {}
    left = list(values)
    in_order = True
    for each in parameters:
        if each.kind is inspect.Parameter.VAR_POSITIONAL:
            args, left, in_order = args + left, [], False
        elif each.kind in _BY_NAME:
            in_order = False
            _put(by_name, each, call)
        elif each.supply is not None and in_order:
            args.append(each.supply(call))
        elif each.supply is not None:
            _put(by_name, each, call)
        elif left and in_order:
            args.append(left.pop(0))
        else:
            in_order = False
    return args + left, by_name


_BY_NAME = (inspect.Parameter.KEYWORD_ONLY, inspect.Parameter.VAR_KEYWORD)


def _put(by_name: dict[str, Any], parameter: Parameter, call: Call) -> None:
    if parameter.supply is not None:
        by_name[parameter.name] = parameter.supply(call)


def _parameter(parameter: inspect.Parameter, fn: Callable[..., Any]) -> Parameter:
    default = parameter.default
    if not isinstance(default, type) and callable(getattr(default, "bound", None)):
        return Parameter(parameter.name, parameter.kind, default.bound)
    kind = _class_of(parameter.annotation, fn)
    if kind is None:
        return Parameter(parameter.name, parameter.kind)
    return Parameter(parameter.name, parameter.kind, _supply(kind), issubclass(kind, EventData))


def _supply(kind: Any) -> Supply:
    if issubclass(kind, Request):
        return lambda call: Request.of(call.visit)
    if issubclass(kind, Visit):
        return lambda call: call.visit
    if issubclass(kind, data.FileEventData):
        return lambda call: kind(call.visit.block(call.trigger), _with_path(call))
    return lambda call: kind(call.visit.block(call.trigger), _with_paths(call))


def _with_path(call: Call) -> Any:
    """The file that an event is about, `path` being where it is: empty if it is none of the session's."""
    try:
        path = str(call.visit.files.path_of(call.event))
    except FileRefusedError:
        path = ""
    return {**call.event, "path": path} if isinstance(call.event, dict) else {}


def _with_paths(call: Call) -> Any:
    """What an event carried, `path` of the session's files in it being where they are."""
    from doorstep.events.call import located

    try:
        return located(call.event, call.visit.files)
    except FileRefusedError:
        return call.event


def _class_of(annotation: Any, fn: Callable[..., Any], known: tuple[type, ...] = SUPPLIED) -> type | None:
    """The class among `annotation` that is known: `X`, `X | None`, or the same as text."""
    for _ in range(2):  # a quoted one is a text in a text where annotations are not evaluated
        if isinstance(annotation, str):
            annotation = _evaluated(annotation, fn)
    if get_origin(annotation) in {Union, types.UnionType}:
        return next((found for each in get_args(annotation) if (found := _class_of(each, fn, known))), None)
    is_known = isinstance(annotation, type) and issubclass(annotation, known)
    return annotation if is_known else None


def _evaluated(text: str, fn: Callable[..., Any]) -> Any:
    """What an annotation means; what it seems to mean by its name, where it is imported for checkers only."""
    inner = inspect.unwrap(fn)
    while hasattr(inner, "func"):
        inner = inner.func
    names = getattr(getattr(inner, "__func__", inner), "__globals__", {})
    try:
        return eval(text, names)  # noqa: S307  # the developer's own words
    except Exception:  # noqa: BLE001  # whatever they raise
        found = re.search(r"\b(\w+)(?:\]|\s*\|\s*None)?$", text.replace("None | ", ""))
        return _NAMES.get(found[1]) if found else None


_NAMES: dict[str, type] = {"Request": Request, "Visit": Visit} | {
    name: each for name, each in vars(data).items() if isinstance(each, type) and issubclass(each, EventData)
}


# -- while the app is built --------------------------------------------------------------------


def check_arguments(dependency: Dependency) -> None:
    """Warn when the function cannot be called with this many values."""
    assert dependency.fn is not None  # noqa: S101  # asked of functions only
    try:
        signature = inspect.signature(dependency.fn)
    except (TypeError, ValueError):  # some built-in functions have no signature
        return
    supplied = {each.name for each in dependency.injections if each.supply is not None}
    open_to_inputs = [each for each in signature.parameters.values() if each.name not in supplied]
    given = 1 if dependency.inputs_as_dict else len(dependency.inputs) - len(dependency.keywords)
    try:
        signature.replace(parameters=open_to_inputs).bind(*range(given), **dict.fromkeys(dependency.keywords))
    except TypeError:
        plain = [each.replace(annotation=each.empty) for each in open_to_inputs]
        have = "1 input" if given == 1 else f"{given} inputs"
        shown = inspect.Signature(plain)
        note(f"{dependency.name}{shown} cannot be called with the values of {have}")
    except ValueError:  # a default between parameters without one, once those supplied are left out
        return
