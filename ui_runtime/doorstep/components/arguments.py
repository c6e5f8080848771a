"""Checks of what a component is made with: a mistake is told where it is made, not at a visitor's click."""

from __future__ import annotations

from numbers import Real
from typing import TYPE_CHECKING, Any

from doorstep.components.choices import index_of
from doorstep.errors import UsageError
from doorstep.later import note

if TYPE_CHECKING:
    from collections.abc import Sequence

    from doorstep.components.choices import Choice


def check_option(owner: str, parameter: str, value: Any, allowed: Sequence[str]) -> None:
    """Raises `UsageError` unless `value` is one of `allowed`."""
    if value not in allowed:
        known = ", ".join(repr(each) for each in allowed)
        raise UsageError(f"{owner}: {parameter}={value!r} is not one of {known}")


def check_number(owner: str, parameter: str, value: Any) -> None:
    """Raises `UsageError` unless `value` is a number or None."""
    if value is not None and (isinstance(value, bool) or not isinstance(value, Real)):
        raise UsageError(f"{owner}: {parameter}={value!r} is not a number")


def check_ends(owner: str, minimum: Any, maximum: Any, *, may_be_equal: bool) -> None:
    """Raises `UsageError` unless the two are numbers (or None) in their order."""
    check_number(owner, "minimum", minimum)
    check_number(owner, "maximum", maximum)
    if minimum is None or maximum is None or minimum < maximum or (may_be_equal and minimum == maximum):
        return
    relation = "at most" if may_be_equal else "less than"
    raise UsageError(f"{owner}: minimum={minimum!r} must be {relation} maximum={maximum!r}")


def note_unknown_choice(owner: str, choices: list[tuple[str, Choice]], values: Sequence[Any]) -> None:
    """Warn of a first value that a visitor could not choose: sent back as it is, it would be refused."""
    for value in values:
        if choices and value is not None and index_of(choices, value) is None:
            known = ", ".join(repr(candidate) for _, candidate in choices[:10])
            more = ", …" if len(choices) > 10 else ""
            note(f"{owner}: value={value!r} is not one of the choices: {known}{more}")
