"""What changes of rights and links do in this process, to sessions and visitors who are here now.

The audit trail tells of every change, whoever made it: this process's own API, a command, another node. What
the API did takes effect at once, and is not done again when the trail tells of it, unless it has failed.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable
from typing import Final

from doorstep_relay.control.hub import Hub
from doorstep_relay.control.tending import PASSED_ON
from doorstep_relay.store.audit import Change
from doorstep_relay.switchboard.local import LiveShare

log = logging.getLogger("doorstep_relay")

ENDS: Final = {
    "share.revoke": "revoked",
    "share.expire": "expired",
    "share.close": "closed",
    "share.grace_over": "closed",
}
"""What the audit trail may say of a share that lives here, and what its people are told."""
TRANSFER: Final = "share.transfer"
_NOT_WORTH_WAITING: Final = frozenset({*ENDS, TRANSFER, "share.pause"})
"""After which visitors do not wait for the share's client any more."""
_MOST_KEPT: Final = 4096
_MOST_EARLY: Final = 1024
"""Shares that are not here, of which the last changes are remembered for a client that is on its way."""
_MOST_OF_ONE: Final = 64
"""Changes of one of them: only its owner and admins make any, and the last ones count."""

Effect = Callable[[Change], Awaitable[None]]


class Effects:
    """Obeys changes. Other parts add what they have to do on theirs with `on`."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._obeyed: OrderedDict[int, None] = OrderedDict()
        self._under_way: dict[int, asyncio.Event] = {}
        self._early: OrderedDict[int, deque[Change]] = OrderedDict()
        self._others: dict[str, Effect] = {}
        self._while_alive: dict[str, Callable[[LiveShare, Change], None]] = {
            "share.extend": self._extend,
            "share.pause": lambda share, _: self._hub.switchboard.pause(share),
            "share.unpause": lambda share, _: self._hub.switchboard.unpause(share),
        }
        hub.on_connect = self._catch_up

    def on(self, action: str, effect: Effect) -> None:
        """From now on `effect` is what changes of this kind do, besides what this class does."""
        self._others[action] = effect

    async def apply(self, change: Change) -> None:
        """Make a change take effect in this process, unless that was done. Raises what its effect raises.

        Of two who ask for it at the same time one does it, and the other only if that has failed.
        """
        while (other := self._under_way.get(change.id)) is not None:
            await other.wait()
        if change.id in self._obeyed:
            return
        done = self._under_way[change.id] = asyncio.Event()
        try:
            await self._obey(change)
            self._note(change.id)
        finally:
            del self._under_way[change.id]
            done.set()

    async def at_once(self, change: Change) -> None:
        """The same, for who has just made the change: it is written down, so who follows the trail repairs
        what fails now.
        """
        try:
            await self.apply(change)
        except Exception:  # whatever it was, it is tried again
            log.exception("%s (event %d) took no effect at once", change.action, change.id)

    def _note(self, number: int) -> None:
        self._obeyed[number] = None
        if len(self._obeyed) > _MOST_KEPT:
            self._obeyed.popitem(last=False)

    async def _obey(self, change: Change) -> None:
        if change.share_id is not None:
            self._apply_to_share(change, self._hub.switchboard.by_id(change.share_id))
        if (effect := self._others.get(change.action)) is not None:
            await effect(change)

    def _apply_to_share(self, change: Change, share: LiveShare | None) -> None:
        if share is None:
            self._remember(change)
            if change.share_id is not None and change.action in _NOT_WORTH_WAITING:
                self._hub.switchboard.absent.over(change.share_id)
            return
        epoch = change.detail.get("epoch", share.epoch)
        if share.epoch < epoch:
            self._remember(change)  # who takes the share over is on its way
        if (code := ENDS.get(change.action)) is not None:
            self._hub.end(share, code, change.reason)
        elif change.action == TRANSFER and share.epoch < epoch:
            self._hub.end(share, "taken-over", PASSED_ON)
        elif (effect := self._while_alive.get(change.action)) is not None and share.epoch <= epoch:
            effect(share, change)  # who came since then knows of it already

    def _remember(self, change: Change) -> None:
        """Its client may be on its way: granted before the change was made, not yet here when it was told."""
        if change.share_id is None or not (
            change.action in ENDS or change.action in self._while_alive or change.action == TRANSFER
        ):
            return
        self._early.setdefault(change.share_id, deque(maxlen=_MOST_OF_ONE)).append(change)
        if len(self._early) > _MOST_EARLY:
            self._early.popitem(last=False)

    def _catch_up(self, share: LiveShare) -> None:
        """Obey what was told of a share since its client's epoch began."""
        for change in self._early.pop(share.share_id, ()):
            if change.detail.get("epoch", 0) >= share.epoch:
                self._apply_to_share(change, share.whole)

    def _extend(self, share: LiveShare, change: Change) -> None:
        self._hub.switchboard.extend(share, float(change.detail["expires_at"]))
