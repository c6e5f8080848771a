"""What Radio and Dropdown share: a list of named choices."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from doorstep.components.base import Component
from doorstep.errors import UsageError

Choice = str | int | float
Choices = Sequence[Choice | tuple[str, Choice]]


def normalised(choices: Choices | None, owner: str) -> list[tuple[str, Choice]]:
    """`["a", ("B", 2)]` as `[("a", "a"), ("B", 2)]`. Raises `UsageError` for anything else."""
    return [_pair(choice, owner) for choice in choices or ()]


def _pair(choice: Any, owner: str) -> tuple[str, Choice]:
    if isinstance(choice, (tuple, list)):
        if len(choice) != 2:
            raise UsageError(f"{owner}: a choice is a value or a (name, value) pair, not {choice!r}")
        return str(choice[0]), choice[1]
    return str(choice), choice


def index_of(choices: Iterable[tuple[str, Choice]], value: Any) -> int | None:
    """Where `value` stands; `True` is not `1` here."""
    for index, (_, candidate) in enumerate(choices):
        if candidate == value and isinstance(candidate, bool) == isinstance(value, bool):
            return index
    return None


def checked_index(component: Component, choices: list[tuple[str, Choice]], value: Any) -> int:
    """Where the visitor's choice stands. Raises `RefusedError`, naming the component and the choices."""
    index = index_of(choices, value)
    if index is None:
        known = ", ".join(repr(candidate) for _, candidate in choices[:10])
        more = ", …" if len(choices) > 10 else ""
        raise component.refuse(f"{_short(value)} is not one of the choices: {known}{more}")
    return index


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:59] + "…"


def api_of(choices: list[tuple[str, Choice]]) -> dict[str, Any]:
    """The JSON schema of one choice."""
    values = [value for _, value in choices]
    schema: dict[str, Any] = {"enum": values}
    if all(isinstance(value, str) for value in values):
        schema["type"] = "string"
    return schema
