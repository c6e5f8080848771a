"""A running relay obeys the audit trail: what commands, other nodes and its own API changed.

A change counts as obeyed once its effect has worked. One that fails is tried again at every look, and later
changes of the same subject wait behind it, so that they take effect in their order; all others go on.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Hashable, Sequence
from typing import Final

from doorstep_relay.store.audit import Change

log = logging.getLogger("doorstep_relay")

_MOST_WAITING: Final = 1000
"""Changes that wait to be tried again, from which on no more of the trail is read: it keeps them."""


class Follower:
    """Follows one feed from the event `seen` on. `apply` raises when a change could not take effect."""

    def __init__(
        self,
        changes_since: Callable[[int], Awaitable[Sequence[Change]]],
        apply: Callable[[Change], Awaitable[None]],
        seen: int,
    ) -> None:
        self._changes_since = changes_since
        self._apply = apply
        self._seen = seen
        self._waiting: list[Change] = []

    @property
    def waiting(self) -> int:
        """Changes that have not taken effect yet."""
        return len(self._waiting)

    async def look(self) -> None:
        """Obey what came since the last look. Raises what reading the feed raises: look again."""
        again, self._waiting = self._waiting, []
        for number, change in enumerate(again):
            try:
                await self._obey(change, is_new=False)
            except BaseException:  # cancelled: nothing of the rest is lost
                self._waiting += again[number:]
                raise
        while len(self._waiting) < _MOST_WAITING:
            changes = await self._changes_since(self._seen)
            if not changes:
                return
            for change in changes:
                await self._obey(change, is_new=True)
                self._seen = change.id

    async def _obey(self, change: Change, *, is_new: bool) -> None:
        if _subject(change) in map(_subject, self._waiting):
            self._waiting.append(change)
            return
        try:
            await self._apply(change)
        except Exception as error:
            self._waiting.append(change)
            if is_new:  # once: it may fail for as long as the database is away
                log.exception("%s (event %d) failed and is tried again", change.action, change.id)
            else:
                log.debug("%s (event %d) failed again: %s", change.action, change.id, error)
            return
        if not is_new:
            log.info("%s (event %d) took effect after all", change.action, change.id)


def _subject(change: Change) -> Hashable:
    """What a change is about: those of one share, or else of one account, take effect in their order."""
    if change.share_id is not None:
        return "share", change.share_id
    return "account", change.account_id
