"""What a relay looks after as time goes by: the ends of shares, the trail of changes, the counts.

Each watch goes on when one look of it fails: the next one repairs what that has missed.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Final

from doorstep_relay.control.effects import Effects
from doorstep_relay.control.following import Follower
from doorstep_relay.control.gates import Gatekeeper
from doorstep_relay.control.here import Here
from doorstep_relay.control.hub import Hub
from doorstep_relay.control.services import Services
from doorstep_relay.control.showing import LOOK_EVERY
from doorstep_relay.control.usage import WRITE_EVERY

log = logging.getLogger("doorstep_relay")

REAP_EVERY: Final = 0.25
"""Seconds between two looks at the shares' expiry."""
TIDY_EVERY: Final = 5.0
"""Seconds between two looks at what ends without a client: grace periods."""
COUNT_EVERY: Final = 1.0
"""Seconds between two looks at what goes through the shares."""


class Watches:
    """The watches over one process. `all` begins them."""

    def __init__(
        self, services: Services, here: Here, hub: Hub, effects: Effects, gatekeeper: Gatekeeper
    ) -> None:
        self._services = services
        self._here = here
        self._hub = hub
        self._effects = effects
        self._gatekeeper = gatekeeper

    def all(self, seen: int) -> list[Coroutine[Any, Any, None]]:
        """Every watch, to be run until it is cancelled. The trail is followed from the event `seen` on."""
        follower = Follower(self._services.shares.changes_since, self._effects.apply, seen)
        return [
            _forever(self._reap, lambda: REAP_EVERY),
            _forever(self._tidy, lambda: TIDY_EVERY),
            _forever(self._count, lambda: COUNT_EVERY),
            _forever(self.write_usage, lambda: WRITE_EVERY),
            _forever(self._look_at_domains, lambda: LOOK_EVERY),
            _forever(follower.look, lambda: self._here.settings.change_poll),
        ]

    async def write_usage(self) -> None:
        """Write down what was counted since the last time."""
        limits, live = self._services.limits, self._here.switchboard
        spent = self._here.tallies.unwritten()
        limits.count(spent, live)
        await self._services.usage.write(spent)
        await limits.renew(live)

    async def _reap(self) -> None:
        live, now = self._here.switchboard, time.time()
        self._hub.end_expired()
        live.warn(now)
        self._gatekeeper.close_over(now)
        due = live.due(now)
        for share in due:  # all of them before the first record: that may take a while, or fail
            self._hub.end(share, "expired", "")
        for share in due:
            await self._services.shares.expire(share.share_id)

    async def _tidy(self) -> None:
        shares, now = self._services.shares, time.time()
        await shares.expire_overdue(now)
        await shares.grace_over(now)
        await shares.forget(now)
        await self._services.usage.forget(now)

    async def _count(self) -> None:
        for _ in self._here.tallies.look_in_parts():
            await asyncio.sleep(0)

    async def _look_at_domains(self) -> None:
        for change in await self._services.domains.look_again():
            await self._effects.at_once(change)


async def _forever(step: Callable[[], Awaitable[None]], every: Callable[[], float]) -> None:
    while True:
        await asyncio.sleep(every())
        try:
            await step()
        except Exception:  # the database may be away for a moment; the next look repairs it
            log.exception("%s failed", step.__name__)
