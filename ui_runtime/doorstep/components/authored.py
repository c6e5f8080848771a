"""What components with a script of the app's author share: their own properties and functions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from doorstep.components.base import ComponentProps
from doorstep.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Functions = dict[str, "Callable[..., Any]"]

_COMMON: Final = frozenset(ComponentProps.__annotations__)


def split_common(given: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The parameters that every component takes, and the others: the component's own properties."""
    common = {name: each for name, each in given.items() if name in _COMMON}
    return common, {name: each for name, each in given.items() if name not in _COMMON}


def functions_by_name(functions: Sequence[Callable[..., Any]] | None) -> Functions:
    """Functions that a component's script may call. Raises `UsageError` for two of one name."""
    named: Functions = {}
    for function in functions or ():
        name = getattr(function, "__name__", "")
        if not name.isidentifier():
            raise UsageError(f"server_functions are functions with a name, not {function!r}")
        if name in named:
            raise UsageError(f"server_functions: there are two called {name!r}")
        named[name] = function
    return named
