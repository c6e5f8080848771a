"""Whose a host name is: whoever can put a TXT record below it. Asked of the DNS by dnspython."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, Protocol

from doorstep_relay.config import Address

if TYPE_CHECKING:
    from dns.asyncresolver import Resolver

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
        import dns.exception  # here: with all that it may use it is 20 MB, and few relays have domains
        import dns.resolver

        try:
            answer = await self._resolver().resolve(record, "TXT", lifetime=DEADLINE, search=False)
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return ()
        except (dns.exception.DNSException, OSError) as error:
            raise Unanswered(str(error)) from error
        return [b"".join(found.strings).decode("ascii", "replace") for found in answer]

    def _resolver(self) -> Resolver:
        """Made anew for each question: the system's name servers may change, and no answer is kept."""
        from dns.asyncresolver import Resolver

        if self._server is None:
            return Resolver()
        resolver = Resolver(configure=False)
        resolver.nameservers, resolver.port = [self._server.host], self._server.port
        return resolver


def record_of(host: str) -> str:
    """The name of the TXT record that proves whose the host is."""
    return f"{RECORD}.{host}"


def value_of(challenge: str) -> str:
    """The value that it has to have."""
    return VALUE + challenge
