"""A way to the app: where visitors go, and which processes carry their requests. All on loopback.

Each way is started by a module of `bench.peers`; `bench.loads` sends visitors along it.
"""

from __future__ import annotations

import os
import ssl
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

import trustme

ROOT = Path(__file__).resolve().parent.parent
RELAY_COMMAND = str(Path(sys.executable).parent / "doorstep-relay")
DOMAIN = "relay.localhost"
"""Of two labels: TLS takes no wildcard directly below a single one."""


@dataclass(frozen=True)
class Way:
    """How visitors reach the app: the address to connect to, the `Host` to say, who does the work."""

    name: str
    port: int
    host: str
    pids: dict[str, int]
    """Process id by role: `relay`, `client`, `app`; `front` speaks TLS for a relay without."""
    ca: Path | None = None
    """The CA that visitors trust, where they speak TLS."""

    @property
    def url(self) -> str:
        """As visitors write it; what connects has to know that every name is loopback."""
        return f"{'http' if self.ca is None else 'https'}://{self.host}"


@dataclass(frozen=True)
class Setting:
    """What a peer finds when it starts: a directory, the app to lead to, a certificate to serve with."""

    place: Path
    app: Way
    certificate: Path
    """Key and chain in one file, for `DOMAIN`, every name below it, and loopback's address."""
    ca: Path

    def directory(self, name: str) -> Path:
        """One of a peer's own, for its configuration and its logs."""
        made = self.place / name.replace(" ", "-")
        made.mkdir(mode=0o700)
        return made


@dataclass(frozen=True)
class Peer:
    """A way that can be started where its programs are."""

    name: str
    start: Callable[[Setting], AbstractContextManager[Way]]
    programs: tuple[str, ...] = ()
    install: str = ""
    """How to get the programs, in a few words."""


def environment(**settings: str) -> dict[str, str]:
    """For a Python process that imports `bench`, wherever it is started."""
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    return {**os.environ, "PYTHONPATH": path, **settings}


def certificates(place: Path) -> tuple[Path, Path]:
    """A server's certificate, and the CA that signed it: made for this run."""
    authority = trustme.CA()
    certificate, ca = place / "server.pem", place / "ca.pem"
    issued = authority.issue_cert(DOMAIN, f"*.{DOMAIN}", "127.0.0.1")
    issued.private_key_and_cert_chain_pem.write_to_path(str(certificate))
    authority.cert_pem.write_to_path(str(ca))
    return certificate, ca


def trust(ca: Path | None) -> ssl.SSLContext | None:
    """A visitor's context, or None where visitors speak plain HTTP."""
    return None if ca is None else ssl.create_default_context(cafile=ca)
