"""What an account or a share is held to: shown, stated anew and taken away."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final

import doorstep as ds
from doorstep_relay.control.actors import Actor
from doorstep_relay.control.limit_text import READERS, limit_text
from doorstep_relay.dashboard.desk import Desk, told
from doorstep_relay.dashboard.listing import LOUD, QUIET
from doorstep_relay.domain.limits import NAMES
from doorstep_relay.errors import BadLimit, NoSuchShare
from doorstep_relay.store.audit import Change

Stated = Mapping[str, Any]
Read = Callable[[str, Actor], Awaitable[tuple[Stated, Stated]]]
"""What is stated for something of this name, and what holds for it."""
State = Callable[[str, Stated, Actor], Awaitable[Change]]
Allow = Callable[[ds.Request], Awaitable[Actor]]

OF_SHARES: Final = tuple(name for name in NAMES if name not in {"max_shares", "max_lifetime"})
_LABELS: Final = {
    "max_shares": ("Links at a time", "5"),
    "max_connections": ("Requests at a time", "50"),
    "requests_per_second": ("Requests a second", "20 or 0.5"),
    "bytes_per_second": ("Bytes a second", "500k or 2M"),
    "bytes_per_month": ("Bytes a month", "50G"),
    "max_request_bytes": ("Largest request", "10M"),
    "max_lifetime": ("Longest life of a link", "12h or 30d"),
}


class LimitForm:
    """One field a limit. Empty: not stated; `none`: without limit."""

    def __init__(self, desk: Desk, chosen: Any, names: Sequence[str], allow: Allow) -> None:
        self._desk = desk
        self._chosen = chosen
        self._names = names
        self._allow = allow
        with ds.Group(), ds.Row(elem_classes="limits"):
            self.fields = [_field(name) for name in names]
        with ds.Row(elem_classes="dash-actions"):
            self._save = ds.Button("Save limits", variant="primary")
            self._clear = ds.Button("Take all away")

    def wire(self, read: Read, state: State) -> None:
        """Where limits are read, and how they are stated."""
        self._read, self._state = read, state
        self._save.click(self.save, [self._chosen, *self.fields], self.fields, **LOUD)
        self._clear.click(self.clear, self._chosen, self.fields, **LOUD)

    def load_after(self, event: Any) -> None:
        """Show them once this has happened."""
        event.success(self.load, self._chosen, self.fields, **QUIET)

    async def load(self, name: str, request: ds.Request) -> Any:
        """What is stated, and behind it what holds."""
        if not name:
            return [ds.skip() for _ in self.fields]
        with told():
            return await self._shown(name, await self._allow(request))

    async def save(self, request: ds.Request, name: str, *texts: str) -> Any:
        """State them anew, all of them: they hold within a second."""
        with told():
            actor = await self._allow(request)
            written = zip(self._names, texts, strict=True)
            limits = {each: _read(each, text) for each, text in written if (text or "").strip()}
            await self._desk.obey(await self._state(name, limits, actor))
            ds.Success(f"The limits of {name} hold from now on.")
            return await self._shown(name, actor)

    async def clear(self, name: str, request: ds.Request) -> Any:
        """State none."""
        with told():
            actor = await self._allow(request)
            await self._desk.obey(await self._state(name, {}, actor))
            ds.Success(f"{name} has no limits of its own any more.")
            return await self._shown(name, actor)

    async def _shown(self, name: str, actor: Actor) -> list[Any]:
        try:
            stated, holds = await self._read(name, actor)
        except NoSuchShare:  # it is over: then nothing is stated any more
            stated, holds = {}, {}
        return [
            ds.update(
                value=limit_text(each, stated[each]) if each in stated else "",
                placeholder=f"Now {limit_text(each, holds[each])}" if each in holds else "Now without limit",
            )
            for each in self._names
        ]


def _field(name: str) -> ds.Textbox:
    label, example = _LABELS[name]
    return ds.Textbox(label=label, info=f"Like {example}, or none", max_length=24)


def _read(name: str, text: str) -> float | None:
    try:
        return READERS[name](text.strip())
    except ValueError as error:
        raise BadLimit(f"{_LABELS[name][0]}: {error}") from None
