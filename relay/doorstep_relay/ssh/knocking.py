"""Who knocks: SSH clients that have not proven yet who they are. Fair by network, whoever comes. Pure.

Each may take half a minute for it. Without a bound they would fill the memory, and with nothing but a bound a
few who say nothing would keep everybody out. So who comes may knock, at the cost of the network that has most
there: of its clients the one goes that has had the longest time.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Generic, TypeVar

T = TypeVar("T")


class Knocking(Generic[T]):
    """At most `most` clients, and `most_of_one` of one network."""

    def __init__(self, most: int, most_of_one: int) -> None:
        self._most = most
        self._most_of_one = most_of_one
        self._networks: dict[T, str] = {}
        """Of each client, the longest here first."""
        self._clients: defaultdict[str, dict[T, None]] = defaultdict(dict)
        """The same by network."""

    def __len__(self) -> int:
        return len(self._networks)

    def come(self, client: T, network: str) -> T | None:
        """Let a client knock; the one that has to go for it, if any."""
        goes = self._oldest_of(network) if len(self._clients[network]) >= self._most_of_one else None
        if goes is None and len(self) >= self._most:
            goes = self._oldest_of(self._crowded())
        if goes is not None:
            self.leave(goes)
        self._networks[client] = network
        self._clients[network][client] = None
        return goes

    def leave(self, client: T) -> None:
        """It is in, or gone."""
        network = self._networks.pop(client, None)
        if network is None:
            return
        del self._clients[network][client]
        if not self._clients[network]:
            del self._clients[network]

    def _oldest_of(self, network: str) -> T:
        return next(iter(self._clients[network]))

    def _crowded(self) -> str:
        """The network with most; of several the one whose oldest client is the oldest."""
        most = max(map(len, self._clients.values()))
        return next(network for network in self._networks.values() if len(self._clients[network]) == most)
