"""The values of `State` components in one session, from any thread.

A value is made when it is first asked for, out of a copy of the component's own. It goes with the session,
or a while after it was last set (`time_to_live`); then its `delete_callback` is told.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from doorstep.queue.jobs import current
from doorstep.report import print_error

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from doorstep.components.state import State

    Deletion = tuple[Callable[[Any], object], Any]


@dataclass(slots=True)
class _Held:
    state: State
    value: Any
    version: int = 0
    mark: Any = None
    """What `version` was counted up from: see `State.mark_of`."""
    expiry: asyncio.TimerHandle | None = None


class States:
    """The values of one session, by their components' ids."""

    __slots__ = ("_held", "_lock")

    def __init__(self) -> None:
        self._held: dict[int, _Held] | None = None
        self._lock = threading.Lock()

    def get(self, state: State) -> Any:
        """The value as it is now: the object itself, which the function may change."""
        return self._of(state).value

    def set(self, state: State, value: Any) -> int:
        """Keep a value. Returns its version: a number that changes when the value does."""
        held = self._of(state)
        mark = state.mark_of(value)
        with self._lock:
            held.value = value
            if mark != held.mark:
                held.mark = mark
                held.version += 1
        return held.version

    def version(self, state: State) -> int:
        """The number that stands for the value on the wire."""
        held = (self._held or {}).get(state.id)
        return 0 if held is None else held.version

    def __bool__(self) -> bool:
        """Whether any value was made."""
        return bool(self._held)

    def close(self) -> None:
        """The session is over."""
        with self._lock:
            held, self._held = self._held, None
        for each in (held or {}).values():
            if each.expiry is not None:
                each.expiry.cancel()
        _delete(list((held or {}).values()))

    def _of(self, state: State) -> _Held:
        with self._lock:
            if self._held is None:
                self._held = {}
            held = self._held.get(state.id)
        if held is None:
            held = self._made(state)
        if state.time_to_live is not None:
            self._keep_for(held, state.time_to_live)
        return held

    def _made(self, state: State) -> _Held:
        value = state.initial()
        made = _Held(state, value, mark=state.mark_of(value))
        with self._lock:
            if self._held is None:
                self._held = {}
            return self._held.setdefault(state.id, made)

    # -- its end -------------------------------------------------------------------------------

    def _keep_for(self, held: _Held, seconds: float) -> None:
        job = current.get()
        if job is not None:
            job.soon(self._arm, held, seconds)

    def _arm(self, held: _Held, seconds: float) -> None:
        import asyncio

        if held.expiry is not None:
            held.expiry.cancel()
        held.expiry = asyncio.get_running_loop().call_later(seconds, self._expire, held)

    def _expire(self, held: _Held) -> None:
        with self._lock:
            if self._held is None or self._held.get(held.state.id) is not held:
                return
            del self._held[held.state.id]
        _delete([held])


def _delete(held: list[_Held]) -> None:
    """Tell the callbacks, in a thread: they are the app's, and may take long."""
    told = [(each.state.delete_callback, each.value) for each in held if each.state.delete_callback]
    if told:
        threading.Thread(target=_tell, args=(told,), name="doorstep-states", daemon=True).start()


def _tell(told: list[Deletion]) -> None:
    for callback, value in told:
        try:
            callback(value)
        except BaseException as error:  # noqa: BLE001  # the next one is told all the same
            print_error(getattr(callback, "__name__", "delete_callback"), error)
