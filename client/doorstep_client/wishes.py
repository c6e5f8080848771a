"""What the command line wants of the links of the script that it runs: more than what the script says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, Final, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


@dataclass
class Wishes:
    """Arguments of `share`, and how often it was called."""

    arguments: dict[str, Any] = field(default_factory=dict)
    links: int = 0


wishes: Final = Wishes()
"""Of this process: it runs one script."""


def obeying(function: Callable[P, T]) -> Callable[P, T]:
    """`share`, with the wishes."""

    @wraps(function)
    def share(*args: P.args, **kwargs: P.kwargs) -> T:
        wishes.links += 1
        kwargs.update(wishes.arguments)
        return function(*args, **kwargs)

    return share
