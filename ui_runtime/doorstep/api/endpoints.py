"""The functions of an app that programs may call, by name: their parameters and what they return."""

from __future__ import annotations

import difflib
import inspect
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from doorstep.api.values import NOTHING, STAND_IN, Value
from doorstep.components.base import Component
from doorstep.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from doorstep.blocks import Blocks
    from doorstep.events.dependency import Dependency
    from doorstep.events.trigger import Visibility

SILENT: Final = frozenset({"state", "button", "clear_button", "duplicate_button"})
"""Types of components whose value programs neither send nor get."""


class NoEndpointError(RefusedError):
    """There is no function of that name or number, or it is private."""


class Endpoint:
    """A dependency as programs see it."""

    def __init__(self, dependency: Dependency, defaults: dict[int, Any]) -> None:
        self.dependency = dependency
        self.name = dependency.api_name
        self._defaults = defaults

    @property
    def visibility(self) -> Visibility:
        return self.dependency.api_visibility

    @cached_property
    def description(self) -> str:
        """The developer's own words, else the function's first paragraph."""
        if self.dependency.api_description is not None:
            return str(self.dependency.api_description or "")
        text = inspect.getdoc(self.dependency.fn) if inspect.isroutine(self.dependency.fn) else None
        return (text or "").partition("\n\n")[0]

    @cached_property
    def parameters(self) -> list[Value]:
        names = _parameter_names(self.dependency)
        return [
            _value(component, names[index], f"parameter_{component.id}", self._defaults)
            for index, component in enumerate(self.dependency.inputs)
            if component.type not in SILENT
        ]

    @cached_property
    def returns(self) -> list[Value]:
        return [
            _value(component, "", f"value_{component.id}", {})
            for component in self.dependency.outputs
            if component.type not in SILENT and isinstance(component, Component)
        ]

    @cached_property
    def positions(self) -> list[int]:
        """Where among the function's inputs the parameters stand."""
        inputs = enumerate(self.dependency.inputs)
        return [index for index, component in inputs if component.type not in SILENT]

    # -- arguments -----------------------------------------------------------------------------

    def by_position(self, data: list[Any]) -> list[Any]:
        """The wire values of all inputs. `data` may leave out those that programs do not send.

        Raises `RefusedError`, naming what is missing.
        """
        everything = len(self.dependency.inputs)
        if len(data) == everything and everything != len(self.parameters):
            data = [data[index] for index in self.positions]
        if len(data) != len(self.parameters):
            raise RefusedError(self._wrong_count(len(data)))
        return self._filled(data)

    def by_name(self, given: dict[str, Any]) -> list[Any]:
        """The wire values of all inputs, defaults in the place of what is not given.

        Raises `RefusedError` for an unknown or a missing name.
        """
        known = {each.name: each for each in self.parameters}
        for name in given.keys() - known.keys():
            raise RefusedError(f"/{self.name} has no parameter {name!r}; it has: {self._names()}")
        data = [given.get(name, each.default) for name, each in known.items()]
        missing = [name for name, value in zip(known, data, strict=True) if value is NOTHING]
        if missing:
            raise RefusedError(f"/{self.name} misses {_listed(missing)}; its parameters are: {self._names()}")
        return self._filled(data)

    def parameter_of(self, component: int | None) -> str | None:
        """The name of the parameter that a component stands for."""
        found = (each.name for each in self.parameters if each.component.id == component)
        return next(found, None)

    def _filled(self, data: list[Any]) -> list[Any]:
        data = [
            each.default if value == STAND_IN and each.default is not NOTHING else value
            for each, value in zip(self.parameters, data, strict=True)
        ]
        if len(data) == len(self.dependency.inputs):
            return data
        values = [
            None if each.type == "state" else self._defaults.get(each.id) for each in self.dependency.inputs
        ]
        for index, value in zip(self.positions, data, strict=True):
            values[index] = value
        return values

    def _wrong_count(self, got: int) -> str:
        wanted = self.parameters
        text = f"/{self.name} takes {_count(len(wanted))}, got {got}"
        if got < len(wanted):
            return f"{text}: {_listed([each.name for each in wanted[got:]])} missing"
        return f"{text}; its parameters are: {self._names()}" if wanted else text

    def _names(self) -> str:
        return ", ".join(each.name for each in self.parameters) or "none"


class Endpoints:
    """Every function of an app that programs may call."""

    def __init__(self, app: Blocks, defaults: dict[int, Any]) -> None:
        """`defaults` are the wire values that the components have on a fresh page, by id."""
        self._app = app
        self._defaults = defaults
        self._known: dict[int, Endpoint] = {}

    def __iter__(self) -> Iterator[Endpoint]:
        """Those that are documented."""
        return (each for each in self._all() if each.visibility == "public")

    def listed(self, *, undocumented: bool = False) -> list[Endpoint]:
        return [each for each in self._all() if undocumented or each.visibility == "public"]

    def named(self, name: str) -> Endpoint:
        """Raises `NoEndpointError`, which lists the names that there are."""
        name = name.removeprefix("/")
        for endpoint in self._all():
            if endpoint.name == name:
                return endpoint
        raise NoEndpointError(self._unknown(f"there is no /{name}"))

    def numbered(self, number: int) -> Endpoint:
        """Raises `NoEndpointError`."""
        dependencies = self._app.dependencies
        if 0 <= number < len(dependencies) and _is_callable(dependencies[number]):
            return self._endpoint(dependencies[number])
        raise NoEndpointError(self._unknown(f"there is no function {number}"))

    def _all(self) -> Iterator[Endpoint]:
        return (self._endpoint(each) for each in self._app.dependencies if _is_callable(each))

    def _endpoint(self, dependency: Dependency) -> Endpoint:
        known = self._known.get(dependency.id)
        if known is None:
            known = self._known[dependency.id] = Endpoint(dependency, self._defaults)
        return known

    def _unknown(self, message: str) -> str:
        names = [f"/{each.name}" for each in self]
        close = difflib.get_close_matches(message.rpartition(" ")[2], names, 1)
        hint = f" (did you mean {close[0]}?)" if close else ""
        return f"{message}{hint}; the app has: {', '.join(names) or 'nothing that programs may call'}"


def _is_callable(dependency: Dependency) -> bool:
    return dependency.fn is not None and dependency.api_visibility != "private"


def _value(component: Component, name: str, label: str, defaults: dict[int, Any]) -> Value:
    default = defaults.get(component.id, NOTHING)
    if default is None:
        default = NOTHING
    shown = getattr(component, "label", None) or label
    return Value(component, name, shown, component.api_info(), default)


def _parameter_names(dependency: Dependency) -> list[str]:
    """The function's own names for its inputs, as far as they can be known."""
    names = list(dependency.keywords)
    positional = len(dependency.inputs) - len(names)
    own = _signature_names(dependency) if not dependency.inputs_as_dict else []
    own = [name for name in own if name not in names][:positional]
    own += [f"param_{index}" for index in range(len(own), positional)]
    return own + names


def _signature_names(dependency: Dependency) -> list[str]:
    injected = _injected_names(dependency)
    try:
        parameters = inspect.signature(dependency.fn or (lambda: None)).parameters.values()
    except (TypeError, ValueError):
        return []
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return [each.name for each in parameters if each.kind in kinds and each.name not in injected]


def _injected_names(dependency: Dependency) -> list[str]:
    """Parameters that the app fills itself: a request, a progress, an event."""
    return [each.name for each in dependency.injections if each.supply is not None]


def _count(number: int) -> str:
    return f"{number} parameter" if number == 1 else f"{number} parameters"


def _listed(names: list[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
