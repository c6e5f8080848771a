"""Puts a gate before each live share that needs one: for its policy, or for what people are told first."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any, Final

from doorstep_relay.config import Settings
from doorstep_relay.control.policies import Policies
from doorstep_relay.domain.gate import Gate
from doorstep_relay.domain.passes import PassKey
from doorstep_relay.domain.policy import Policy, read
from doorstep_relay.errors import BadPolicy
from doorstep_relay.store.audit import Change
from doorstep_relay.switchboard.local import LiveShare, Switchboard

log = logging.getLogger("doorstep_relay")

NOINDEX: Final = b"X-Robots-Tag: noindex\r\n"


class Gates:
    """Makes gates by one relay's settings."""

    def __init__(self, settings: Settings) -> None:
        self.passes = PassKey(settings.secret)
        self.use(settings)

    def use(self, settings: Settings) -> None:
        """Make gates by these settings from now on."""
        self._interstitial = settings.interstitial == "browsers"
        self._exempt = frozenset(settings.interstitial_exempt)
        self._index = settings.allow_indexing

    def put_before(self, share: LiveShare, stored: Mapping[str, Any]) -> None:
        """Give a live share the gate that its policy, as it is stored, and its owner's name ask for."""
        share.policy = stored
        try:
            found: Policy | None = read(stored)
        except BadPolicy as error:
            log.error("nobody may look at %s: %s", share.name, error)  # noqa: TRY400  # it says all there is
            found = None
        marks = b"" if self._index or (found is not None and found.index) else NOINDEX
        for one in (share, *(share.balanced.clients if share.balanced else ())):
            one.marks = marks
        telling = self._tells(found, share.owner)
        if found is not None and found.is_open and not telling:
            share.gate = None
            return
        gate = Gate(share.share_id, share.name, found, self.passes, interstitial=telling)
        if share.gate is not None:
            gate.inherit(share.gate)
        share.gate = gate

    def _tells(self, found: Policy | None, owner: str) -> bool:
        """Whether people are told where the page comes from before they see it."""
        if found is not None and found.interstitial is not None:
            return found.interstitial
        return self._interstitial and owner not in self._exempt


class Gatekeeper:
    """Changes the gates of one process's live shares, and turns out whom a new one does not let in."""

    def __init__(self, gates: Gates, policies: Policies, switchboard: Switchboard) -> None:
        self._gates = gates
        self._policies = policies
        self._switchboard = switchboard
        self.recheck: Callable[[LiveShare], None] = _nobody_inside
        """Ends what a share's gate would not let in any more: the edge's, once there is one."""

    async def obey(self, change: Change) -> None:
        """Another policy was written: it holds for the next request, and for whoever is inside."""
        if change.share_id is None:
            return
        found = await self._policies.stored(change.share_id)
        share = self._switchboard.by_id(change.share_id)
        if share is not None and found is not None:
            self._gates.put_before(share, found)
            self.recheck(share)

    def use(self, settings: Settings) -> None:
        """The settings have changed: they hold for every live share's next request."""
        self._gates.use(settings)
        for share in self._switchboard:
            self._gates.put_before(share, share.policy)

    def close_over(self, now: float) -> None:
        """Turn out who is inside when the time of a policy has passed."""
        for share in self._switchboard:
            gate = share.gate
            if gate is not None and not gate.settled and gate.is_over(now):
                gate.settled = True
                self.recheck(share)


def _nobody_inside(share: LiveShare) -> None:
    pass
