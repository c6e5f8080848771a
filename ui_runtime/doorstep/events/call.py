"""One call of a function: from wire values to arguments, from what it returned to wire values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from doorstep.errors import MissingExtraError, OutputError, RefusedError
from doorstep.messages import check_wire

if TYPE_CHECKING:
    from doorstep.components.base import Component, Files
    from doorstep.events.dependency import Dependency


def arguments(dependency: Dependency, data: list[Any], files: Files) -> list[Any]:
    """The function's arguments. Raises `RefusedError`, naming the component whose value is refused."""
    wanted = len(dependency.inputs)
    if len(data) != wanted:
        raise RefusedError(f"{dependency.api_name} takes {_count(wanted, 'input')}, got {len(data)}")
    return [
        component.preprocess(wire, files) for component, wire in zip(dependency.inputs, data, strict=True)
    ]


def results(dependency: Dependency, returned: Any, files: Files) -> list[tuple[int, Any]]:
    """The outputs' ids and wire values. Raises `OutputError`, naming what does not fit."""
    outputs = dependency.outputs
    if not outputs:
        return []
    values = [returned] if len(outputs) == 1 else _spread(dependency, returned)
    return [
        (component.id, _shown(dependency, component, value, files))
        for component, value in zip(outputs, values, strict=True)
    ]


def _spread(dependency: Dependency, returned: Any) -> list[Any]:
    many = isinstance(returned, (tuple, list))
    got = len(returned) if many else 1
    if not many or got != len(dependency.outputs):
        names = ", ".join(component.title for component in dependency.outputs)
        raise OutputError(
            f"{dependency.name}() returned {_count(got, 'value')} "
            f"for {_count(len(dependency.outputs), 'output')} ({names})"
        )
    return list(returned)


def _shown(dependency: Dependency, component: Component, value: Any, files: Files) -> Any:
    try:
        wire = component.postprocess(value, files)
        check_wire(wire)
    except MissingExtraError:  # the function did nothing wrong
        raise
    except OutputError as error:
        raise OutputError(f"{component.title}: {error}") from error
    except (TypeError, ValueError, OSError) as error:
        kind = type(value).__name__
        raise OutputError(
            f"{dependency.name}() returned a {kind} that {component.title} cannot show: {error}"
        ) from error
    return wire


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
