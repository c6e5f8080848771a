"""Who asks, in the relay's own words: nothing that a visitor says about itself is passed on.

Behind a proxy that the operator trusts, the proxy's words count instead, and may differ for every request.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence

from doorstep_relay.edge.request import RequestHead

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class Proxies:
    """The proxies whose forwarding fields are believed."""

    __slots__ = ("_networks",)

    def __init__(self, networks: Sequence[Network] = ()) -> None:
        self._networks = tuple(networks)

    def trusts(self, peer: str) -> bool:
        """Whether an address is one of them."""
        if not self._networks:
            return False
        try:
            address = ipaddress.ip_address(peer)
        except ValueError:
            return False
        return any(address in network for network in self._networks)

    def behind(self, head: RequestHead, peer: str, scheme: bytes) -> tuple[str, bytes]:
        """Address and scheme of the visitor as they tell: the last address that is not one of them."""
        hops = head.forwarded_for.decode("ascii", "replace").split(",")
        for hop in (hop.strip() for hop in reversed(hops)):
            if not _is_address(hop):
                break
            peer = hop
            if not self.trusts(hop):
                break
        proto = head.forwarded_proto.strip().lower()
        return peer, proto if proto in (b"http", b"https") else scheme


def peer_address(peername: object) -> str:
    """The address in a socket's `peername`, an IPv4 one as such; empty where there is none."""
    return str(peername[0]).removeprefix("::ffff:") if isinstance(peername, tuple) else ""


def forwarding_lines(peer: str, host: bytes, scheme: bytes) -> bytes:
    """The field lines that tell an app who asks, and for what."""
    return b"X-Forwarded-For: %b\r\nX-Forwarded-Host: %b\r\nX-Forwarded-Proto: %b\r\n" % (
        peer.encode("ascii", "replace"),
        host,
        scheme,
    )


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
