"""A hub without sessions."""

from __future__ import annotations

from collections.abc import Callable

from doorstep_relay.switchboard.local import LiveShare, Switchboard
from doorstep_relay.switchboard.pool import Pool


class FakeHub:
    """As much of the hub as changes need."""

    def __init__(self) -> None:
        self.switchboard = Switchboard()
        self.on_connect: Callable[[LiveShare], None]

    def end(self, share: LiveShare, code: str, reason: str) -> None:
        if self.switchboard.disconnect(share):
            share.end(code, reason)

    def arrive(self, epoch: int, told: list[str]) -> LiveShare:
        """A client's share is live from now on."""
        share = LiveShare(
            share_id=1,
            name="demo",
            host=b"demo.localhost",
            epoch=epoch,
            expires_at=100.0,
            account_id=1,
            token_id=1,
            pool=Pool(spares=0, limit=8, max_waiting=8, ask=lambda _count: None),
            tell=lambda code, _reason: told.append(code),
            remind=lambda at: told.append(f"until {at}"),
        )
        self.switchboard.connect(share)
        self.on_connect(share)
        return share
