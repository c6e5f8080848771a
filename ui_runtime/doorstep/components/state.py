"""State: a value of any kind that stays in the app, one for each session."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any, ClassVar, Final

from doorstep.components.base import Component, Files
from doorstep.errors import UsageError
from doorstep.events.listener import EventListener

if TYPE_CHECKING:
    from collections.abc import Callable

    from doorstep.events.visit import Visit

MAX_MARKED: Final = 10_000
"""Values inside of a value that are looked at to see whether it changed."""


class State(Component):
    """Keeps `value` between the calls of one session; each session starts with a copy of its own.

    A function gets it as an input and sets it as an output. `value` may be a function, which makes the
    first value. `time_to_live` is how many seconds it is kept after it was last used (None: as long as the
    session); then, or when the session ends, `delete_callback` is called with it.
    """

    type: ClassVar[str] = "state"
    has_look: ClassVar[bool] = False

    change = EventListener()

    def __init__(
        self,
        value: Any = None,
        render: bool = True,
        *,
        time_to_live: float | None = None,
        delete_callback: Callable[[Any], None] | None = None,
        **common: Any,
    ) -> None:
        super().__init__(None, render=render, **common)
        self._factory: Callable[[], Any] | None = value if callable(value) else None
        self._first = None if self._factory else _copied(value)
        self.time_to_live = time_to_live
        self.delete_callback = delete_callback

    def initial(self) -> Any:
        """A first value that belongs to nobody else."""
        return self._factory() if self._factory is not None else copy.deepcopy(self._first)

    def mark_of(self, value: Any) -> Any:
        """Something that differs when the value does, also when it is the same list or dict, changed inside.

        Other objects count by their hash, or by which object it is. A huge value always counts as changed.
        """
        try:
            return _Marker().of(value)
        except (_TooBig, RecursionError):
            return object()

    def read(self, wire: Any, visit: Visit) -> Any:  # noqa: ARG002  # the page sends null
        return visit.states.get(self)

    def show(self, value: Any, visit: Visit) -> int:
        return visit.states.set(self, value)

    def postprocess(self, value: Any, files: Files) -> int:  # noqa: ARG002  # what the config says
        return 0

    def blank(self) -> Any:
        return 0


Variable = State


def _copied(value: Any) -> Any:
    try:
        return copy.deepcopy(value)
    except Exception as error:
        raise UsageError(
            f"State: each session starts with a copy of the value, but a {type(value).__name__} cannot be "
            f"copied ({error}); give a function that makes one instead: State(lambda: …)"
        ) from error


class _Marker:
    """Walks through lists, sets and dicts, so far as that is cheap."""

    def __init__(self) -> None:
        self._left = MAX_MARKED

    def of(self, value: Any) -> int:
        self._left -= 1
        if self._left < 0:
            raise _TooBig
        kind = type(value)
        if isinstance(value, (list, tuple)):
            return hash((kind, tuple(map(self.of, value))))
        if isinstance(value, (set, frozenset)):
            return hash((kind, frozenset(map(self.of, value))))
        if isinstance(value, dict):
            return hash((kind, tuple((self.of(key), self.of(each)) for key, each in value.items())))
        if isinstance(value, (int, float)):
            return hash((kind, repr(value)))  # -1 and -2 have the same hash
        try:
            return hash((kind, value))
        except Exception:  # noqa: BLE001  # whatever the object's own hash raises: it is known by identity
            return hash((kind, id(value)))


class _TooBig(Exception):
    pass
