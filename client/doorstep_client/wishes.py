"""What the command line wants of the links of the script that it runs: more than what the script says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial, wraps
from typing import Any, Final, ParamSpec, Protocol, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class Shower(Protocol):
    """Shows the links of the script, so that it need not say them itself."""

    def open(self, share: Callable[..., T], wanted: dict[str, Any]) -> T:
        """Call `share` with these arguments, and show the link that it returns."""

    def say(self, text: str) -> None:
        """A sentence of `launch` that is not about the link."""

    def restore(self) -> None:
        """Give the terminal back: the process is about to end. May come at any moment."""


@dataclass
class Wishes:
    """Arguments of `share`, how often it was called, and who shows its links."""

    arguments: dict[str, Any] = field(default_factory=dict)
    links: int = 0
    shower: Shower | None = None


wishes: Final = Wishes()
"""Of this process: it runs one script."""


def obeying(function: Callable[P, T]) -> Callable[P, T]:
    """`share`, with the wishes."""

    @wraps(function)
    def share(*args: P.args, **kwargs: P.kwargs) -> T:
        wishes.links += 1
        kwargs.update(wishes.arguments)
        if wishes.shower is not None:
            return wishes.shower.open(partial(function, *args), kwargs)
        return function(*args, **kwargs)

    return share
