"""How often somebody may try what can be guessed. Pure: its clock is given."""

from __future__ import annotations

import ipaddress
from collections import OrderedDict
from typing import Final

_MOST_KNOWN: Final = 10_000
"""Addresses that are remembered: beyond that the longest unseen one is forgotten."""


class Attempts:
    """`most` tries in a row for an address, and one more every `every` seconds."""

    def __init__(self, most: int, every: float) -> None:
        self._most = most
        self._every = every
        self._full_at: OrderedDict[str, float] = OrderedDict()
        """When each address has all its tries again."""

    def wait(self, address: str, now: float) -> float:
        """Seconds until this address may try; 0 lets it, and counts the try."""
        who = network_of(address)
        full_at = max(self._full_at.get(who, now), now)
        wait = full_at + self._every - now - self._most * self._every
        if wait > 1e-6:
            return wait
        self._full_at[who] = full_at + self._every
        self._full_at.move_to_end(who)
        if len(self._full_at) > _MOST_KNOWN:
            self._full_at.popitem(last=False)
        return 0.0

    def forgive(self, address: str) -> None:
        """The last try was right: it does not count."""
        who = network_of(address)
        if who in self._full_at:
            self._full_at[who] -= self._every


def network_of(address: str) -> str:
    """Who counts as one: an IPv4 address, or the network of one IPv6 subscriber (a /64)."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    return str(ip) if ip.version == 4 else str(ipaddress.ip_network((ip, 64), strict=False))
