"""What a client is promised when it comes in: the links that wait for it, and a name for a new one."""

from __future__ import annotations

from dataclasses import dataclass, field

from doorstep_relay.control.seats import Waiting


@dataclass(slots=True)
class Promise:
    """Kept for one client, so that two that come at once do not get the same link."""

    seat: str
    waiting: list[Waiting] = field(default_factory=list)
    fresh: str | None = None
    """A name that is nobody's yet; None when it was used, or there can be none."""
    names: frozenset[str] = frozenset()
    """Every one of them, taken or not."""

    def __post_init__(self) -> None:
        fresh = [] if self.fresh is None else [self.fresh]
        self.names = frozenset([*(one.name for one in self.waiting), *fresh])

    @property
    def next_name(self) -> str | None:
        """Of the next link for which no name is asked."""
        made_up = self._made_up()
        return made_up[0].name if made_up else self.fresh

    def take(self, name: str | None) -> tuple[str | None, str | None]:
        """Name and lease of a link: of this name, or the next one. What is not promised has no lease."""
        if name is None and not self._made_up():
            fresh, self.fresh = self.fresh, None
            return fresh, None
        found = next(one for one in self._made_up()) if name is None else self._of(name)
        if found is None:
            return name, None
        self.waiting.remove(found)
        return found.name, found.lease

    def _made_up(self) -> list[Waiting]:
        return [one for one in self.waiting if one.made_up]

    def _of(self, name: str) -> Waiting | None:
        return next((one for one in self.waiting if one.name == name), None)
