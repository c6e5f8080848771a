"""Which share a `Host` means: one label before the relay's domain, and nothing else."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from enum import Enum, auto
from functools import lru_cache
from typing import Final

_HOST: Final = re.compile(rb"(\[[0-9a-fA-F:.]+\]|[0-9A-Za-z._\-]{1,253})(?::([0-9]{1,5}))?\Z")


class Kind(Enum):
    """What a host is to this relay."""

    APEX = auto()
    """The relay itself: its API and its pages."""
    SHARE = auto()
    """One label below the domain; whether that share exists is another question."""
    CUSTOM = auto()
    """An account's own host name, which was proven and leads to a share of that account."""
    ADMIN = auto()
    """The dashboard's own."""
    FOREIGN = auto()
    """Neither: a name that this relay does not serve."""
    BAD = auto()
    """Not a host name at all."""


@dataclass(frozen=True, slots=True)
class Place:
    """What a `Host` means. `host` is the canonical name without port; `label` is a share's name."""

    kind: Kind
    host: bytes = b""
    label: str = ""
    owner: int | None = None
    """The account that the share has to be of; only of a `CUSTOM` host."""


class Hosts:
    """Reads `Host` values for one domain. `place` is cached: visitors repeat themselves."""

    def __init__(self, domain: str, admin_host: str | None = None) -> None:
        self.domain = domain.lower().encode("ascii")
        self._admin = admin_host.encode("ascii") if admin_host else None
        self._suffix = b"." + self.domain
        self._custom: dict[bytes, tuple[str, int]] = {}
        self.place = lru_cache(maxsize=4096)(self._place)

    def show(self, host: str, label: str, owner: int) -> None:
        """An account's own host leads to this share of its from now on."""
        self._custom[host.encode("ascii")] = (label, owner)
        self.place.cache_clear()

    def forget(self, host: str) -> None:
        """It leads nowhere any more."""
        self._custom.pop(host.encode("ascii"), None)
        self.place.cache_clear()

    def _place(self, value: bytes) -> Place:
        match = _HOST.match(value)
        if match is None:
            return Place(Kind.BAD)
        host = match[1].lower()
        if host.endswith(b".") and len(host) > 1:
            host = host[:-1]
        if host == self.domain or _is_address(host):
            return Place(Kind.APEX, host)
        if host == self._admin:
            return Place(Kind.ADMIN, host)
        if not host.endswith(self._suffix):
            return self._not_ours(host)
        label = host[: -len(self._suffix)]
        if not label or b"." in label or len(label) > 63:
            return Place(Kind.FOREIGN, host)
        return Place(Kind.SHARE, host, label.decode("ascii"))

    def _not_ours(self, host: bytes) -> Place:
        found = self._custom.get(host)
        return Place(Kind.FOREIGN, host) if found is None else Place(Kind.CUSTOM, host, *found)


def _is_address(host: bytes) -> bool:
    """An address names the machine, so it means the relay: no name can be rebound to it."""
    try:
        ipaddress.ip_address(host.decode("ascii").strip("[]"))
    except ValueError:
        return False
    return True
