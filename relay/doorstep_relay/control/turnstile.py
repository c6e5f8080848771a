"""How many sessions one client may hold, and how often it may ask for a share. Pure: its clock is given.

A client is an account; where nobody has one, on an open relay, it is an address (of IPv6 the network that
one subscriber has, a /64). As many shares as sessions may be opened at once: so many may come back together
when the relay was away. After that there is one more every so often.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import Final

from doorstep_relay.control.actors import Actor

_SLACK: Final = 256
"""Clients that are gone, kept before the rest is looked through."""


@dataclass(slots=True)
class _Client:
    sessions: int
    opens: float
    """How many shares it may ask for at `at`."""
    at: float


class Turnstile:
    """`most` sessions a client, and `rate` opened shares a second in the long run."""

    def __init__(self, most: int, rate: float) -> None:
        self._most = most
        self._rate = rate
        self._clients: dict[str, _Client] = {}
        self._look_at = _SLACK

    def enter(self, who: str, now: float) -> bool:
        """A session more; False when it would be too many."""
        client = self._clients.get(who)
        if client is None:
            self._forget(now)
            client = self._clients[who] = _Client(0, float(self._most), now)
        if client.sessions >= self._most:
            return False
        client.sessions += 1
        return True

    def leave(self, who: str) -> None:
        """A session less."""
        self._clients[who].sessions -= 1

    def wait(self, who: str, now: float) -> float:
        """Seconds until it may ask for a share; 0 lets it, once. For who has entered."""
        client = self._clients[who]
        client.opens = self._opens(client, now)
        client.at = now
        if client.opens < 1:
            return (1 - client.opens) / self._rate
        client.opens -= 1
        return 0.0

    def _opens(self, client: _Client, now: float) -> float:
        return min(self._most, client.opens + max(0.0, now - client.at) * self._rate)

    def _forget(self, now: float) -> None:
        """Those who hold nothing and may open as many as any: as if they had never come."""
        if len(self._clients) < self._look_at:
            return
        self._clients = {
            who: client
            for who, client in self._clients.items()
            if client.sessions or self._opens(client, now) < self._most
        }
        self._look_at = 2 * len(self._clients) + _SLACK


def client_of(actor: Actor, address: str) -> str:
    """Who counts as one client."""
    if actor.account_id is not None:
        return f"account {actor.account_id}"
    return subscriber(address)


def subscriber(address: str) -> str:
    """The address, of IPv6 the network that one subscriber has: who may be counted as one."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    return str(ip) if ip.version == 4 else str(ipaddress.ip_network((ip, 64), strict=False))
