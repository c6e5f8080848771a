"""What changes of rights and links do in this process, to sessions and visitors who are here now.

The audit trail tells of every change, whoever made it: this process's own API, a command, another node. What
the API did takes effect at once, and is not done again when the trail tells of it.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Final

from doorstep_relay.control.session import Hub
from doorstep_relay.control.tending import PASSED_ON
from doorstep_relay.store.audit import Change
from doorstep_relay.switchboard.local import LiveShare

ENDS: Final = {
    "share.revoke": "revoked",
    "share.expire": "expired",
    "share.close": "closed",
    "share.grace_over": "closed",
}
"""What the audit trail may say of a share that lives here, and what its people are told."""
_MOST_KEPT: Final = 4096

Effect = Callable[[Change], Awaitable[None]]


class Effects:
    """Obeys changes. Other parts add what they have to do on theirs with `on`."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._obeyed: OrderedDict[int, None] = OrderedDict()
        self._others: dict[str, Effect] = {}
        self._while_alive: dict[str, Callable[[LiveShare, Change], None]] = {
            "share.extend": self._extend,
            "share.pause": lambda share, _: self._hub.switchboard.pause(share),
            "share.unpause": lambda share, _: self._hub.switchboard.unpause(share),
        }

    def on(self, action: str, effect: Effect) -> None:
        """From now on `effect` is what changes of this kind do, besides what this class does."""
        self._others[action] = effect

    async def apply(self, change: Change) -> None:
        """Make a change take effect in this process, unless that was done."""
        if change.id in self._obeyed:
            return
        self._obeyed[change.id] = None
        if len(self._obeyed) > _MOST_KEPT:
            self._obeyed.popitem(last=False)
        if change.share_id is not None:
            self._apply_to_share(change, self._hub.switchboard.by_id(change.share_id))
        if (effect := self._others.get(change.action)) is not None:
            await effect(change)

    def _apply_to_share(self, change: Change, share: LiveShare | None) -> None:
        if share is None:
            return
        epoch = change.detail.get("epoch", share.epoch)
        if (code := ENDS.get(change.action)) is not None:
            self._hub.end(share, code, change.reason)
        elif change.action == "share.transfer" and share.epoch < epoch:
            self._hub.end(share, "taken-over", PASSED_ON)
        elif (effect := self._while_alive.get(change.action)) is not None and share.epoch <= epoch:
            effect(share, change)  # who came since then knows of it already

    def _extend(self, share: LiveShare, change: Change) -> None:
        self._hub.switchboard.extend(share, float(change.detail["expires_at"]))
