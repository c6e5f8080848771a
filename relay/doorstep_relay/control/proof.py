"""Whose a host name is: whoever can put a TXT record below it. Asked of the DNS by dnspython."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Protocol

import dns.asyncresolver
import dns.exception
import dns.resolver

from doorstep_relay.config_values import Address

RECORD: Final = "_doorstep"
VALUE: Final = "doorstep="
DEADLINE: Final = 5.0
"""Seconds for one question, with what the resolver tries again."""


class Unanswered(Exception):
    """The DNS could not be asked: that says nothing about the record."""


class Prover(Protocol):
    """What tells which values a TXT record has."""

    async def values(self, record: str) -> Sequence[str]:
        """The values of the TXT record, none when there is none. Raises `Unanswered`."""


class DnsProver:
    """Asks the system's name servers, or one that the operator names."""

    def __init__(self, server: Address | None = None) -> None:
        self._server = server

    async def values(self, record: str) -> Sequence[str]:
        try:
            answer = await self._resolver().resolve(record, "TXT", lifetime=DEADLINE, search=False)
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return ()
        except (dns.exception.DNSException, OSError) as error:
            raise Unanswered(str(error)) from error
        return [b"".join(found.strings).decode("ascii", "replace") for found in answer]

    def _resolver(self) -> dns.asyncresolver.Resolver:
        """Made anew for each question: the system's name servers may change, and no answer is kept."""
        if self._server is None:
            return dns.asyncresolver.Resolver()
        resolver = dns.asyncresolver.Resolver(configure=False)
        resolver.nameservers, resolver.port = [self._server.host], self._server.port
        return resolver


def record_of(host: str) -> str:
    """The name of the TXT record that proves whose the host is."""
    return f"{RECORD}.{host}"


def value_of(challenge: str) -> str:
    """The value that it has to have."""
    return VALUE + challenge
