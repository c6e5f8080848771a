"""Keeps the edge to where accounts' own hosts lead: at its start and at each change."""

from __future__ import annotations

from typing import Final, Protocol

from doorstep_relay.control.domains import Domains
from doorstep_relay.store.audit import Change

LOOK_EVERY: Final = 86400.0
"""Seconds between two looks at the TXT records."""


class Shown(Protocol):
    """What shows shares at hosts: the edge."""

    def show(self, host: str, label: str, owner: int) -> None: ...

    def forget(self, host: str) -> None: ...


class Showing:
    """Between the domains' service and one edge."""

    def __init__(self, domains: Domains, edge: Shown) -> None:
        self._domains = domains
        self._edge = edge

    async def begin(self) -> None:
        """Show all that was proven."""
        for route in await self._domains.routes():
            self._edge.show(route.host, route.name, route.account_id)

    async def obey(self, change: Change) -> None:
        """A host leads somewhere, or nowhere any more."""
        host = str(change.detail["host"])
        route = await self._domains.route(host)
        if route is None:
            self._edge.forget(host)
        else:
            self._edge.show(route.host, route.name, route.account_id)
