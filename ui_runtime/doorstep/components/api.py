"""Values of functions that only programs call: known by the function's annotations."""

from __future__ import annotations

import inspect
import types
from collections.abc import Callable
from typing import (
    TYPE_CHECKING,
    Any,
    ClassVar,
    Final,
    Literal,
    NamedTuple,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)

from doorstep.components.base import Component
from doorstep.events.injection import parameters_of
from doorstep.later import note

if TYPE_CHECKING:
    from doorstep.components.base import Files

_SIMPLE: Final = {str: "string", bool: "boolean", int: "integer", float: "number", type(None): "null"}
_NAMED: Final = {**_SIMPLE, list: "array", tuple: "array", set: "array", dict: "object"}
_TAKEN: Final[dict[str, tuple[type, ...]]] = {
    "string": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "number": (int, float),
    "array": (list,),
    "object": (dict,),
}


class ApiValue(Component):
    """One parameter or result of a function that only programs call."""

    type: ClassVar[str] = "api"
    has_look: ClassVar[bool] = False

    def __init__(self, schema: dict[str, Any], label: str, value: Any = None) -> None:
        super().__init__(value, label=label, render=False)
        self.schema = schema

    def preprocess(self, wire: Any, files: Files) -> Any:
        taken = _TAKEN.get(self.schema.get("type", ""))
        is_number = isinstance(wire, bool) and bool not in (taken or ())
        if taken is not None and (is_number or not isinstance(wire, taken)):
            raise self.refuse_kind(f"a value of type {self.schema['type']}", wire)
        return wire

    def api_info(self) -> dict[str, Any]:
        return self.schema


class Values(NamedTuple):
    """What a function takes, by position and by name, and what it returns."""

    inputs: list[ApiValue]
    named: dict[str, ApiValue]
    outputs: list[ApiValue]


def values_of(fn: Callable[..., Any]) -> Values:
    """The values of a function, known by its annotations."""
    hints = _hints(fn)
    supplied = {each.name for each in parameters_of(fn) if each.supply is not None}
    values = Values([], {}, _results(hints.get("return", Any)))
    for parameter in inspect.signature(fn).parameters.values():
        if parameter.name in supplied or parameter.kind in {parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD}:
            continue
        if parameter.name not in hints:
            note(
                f"api: the parameter {parameter.name!r} has no annotation, so programs are told nothing of it"
            )
        schema = schema_of(hints.get(parameter.name, Any))
        default = None if parameter.default is parameter.empty else parameter.default
        if parameter.default is not parameter.empty:
            schema = {**schema, "default": default}
        value = ApiValue(schema, parameter.name, default)
        if parameter.kind is parameter.KEYWORD_ONLY:
            values.named[parameter.name] = value
        else:
            values.inputs.append(value)
    return values


def _results(hint: Any) -> list[ApiValue]:
    if hint is type(None):
        return []
    several = get_args(hint) if get_origin(hint) is tuple and Ellipsis not in get_args(hint) else (hint,)
    many = len(several) > 1
    return [
        ApiValue(schema_of(each), f"output {number}" if many else "output")
        for number, each in enumerate(several)
    ]


def _hints(fn: Callable[..., Any]) -> dict[str, Any]:
    try:
        return get_type_hints(fn)
    except (NameError, TypeError):  # a name that only type checkers know, or no function
        return {}


def schema_of(hint: Any) -> dict[str, Any]:
    """The JSON schema of an annotation; an empty one for what JSON has no word for."""
    origin, inside = get_origin(hint), get_args(hint)
    if origin is Literal:
        return {"enum": list(inside)}
    if origin in {Union, types.UnionType}:
        return {"anyOf": [schema_of(each) for each in inside]}
    kind = _NAMED.get(origin or hint)
    schema: dict[str, Any] = {"type": kind} if kind else {}
    if kind == "array" and inside and inside[0] is not Ellipsis:
        schema["items"] = schema_of(inside[0])
    if kind == "object" and len(inside) == 2:
        schema["additionalProperties"] = schema_of(inside[1])
    return schema
