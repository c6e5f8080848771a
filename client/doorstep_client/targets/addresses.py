"""Where somebody else's server listens, and how to connect to it."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, Protocol, TypeVar, cast

from doorstep_client.errors import BadTargetError

P = TypeVar("P", bound=asyncio.Protocol)
PORTS: Final = {"http": 80, "https": 443}


class Address(Protocol):
    """A server's address. `authority` and `scheme` are what a browser beside it would have in its URL."""

    @property
    def scheme(self) -> str: ...

    @property
    def authority(self) -> str: ...

    def __str__(self) -> str:
        """As people name it."""

    async def connect(self, protocol: Callable[[], P]) -> P:
        """Open a connection and put the protocol on it. Raises `OSError`."""

    async def check(self) -> None:
        """Raises `BadTargetError` for what will not mend itself; a server may still be on its way."""


@dataclass(frozen=True, slots=True)
class LocalPort:
    """A port of this computer, on whichever of the two loopback addresses."""

    port: int
    scheme = "http"

    @property
    def authority(self) -> str:
        return f"localhost:{self.port}" if self.port != PORTS["http"] else "localhost"

    def __str__(self) -> str:
        return f"http://{self.authority}"

    async def connect(self, protocol: Callable[[], P]) -> P:
        """Development servers listen on one of the two, and seldom say on which."""
        loop = asyncio.get_running_loop()
        try:
            _, made = await loop.create_connection(protocol, "127.0.0.1", self.port)
        except ConnectionRefusedError:
            _, made = await loop.create_connection(protocol, "::1", self.port)
        return made

    async def check(self) -> None:
        """Nothing to do: the server may come and go, a visitor is told when it is away."""


@dataclass(frozen=True, slots=True)
class UnixSocket:
    """A socket in the file system."""

    path: str
    scheme = "http"
    authority = "localhost"

    def __str__(self) -> str:
        return f"unix:{self.path}"

    async def connect(self, protocol: Callable[[], P]) -> P:
        _, made = await asyncio.get_running_loop().create_unix_connection(protocol, self.path)
        return made

    async def check(self) -> None:
        """As for a port."""


@dataclass(frozen=True)
class Remote:
    """A server anywhere that this computer reaches. `verify` is whether its certificate is checked."""

    host: str
    port: int
    tls: bool = False
    verify: bool = True

    @property
    def scheme(self) -> str:
        return "https" if self.tls else "http"

    @property
    def authority(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == PORTS[self.scheme] else f"{host}:{self.port}"

    def __str__(self) -> str:
        return f"{self.scheme}://{self.authority}"

    async def connect(self, protocol: Callable[[], P]) -> P:
        secured: dict[str, Any] = {}
        if self.tls:
            secured = {"ssl": self._context, "server_hostname": self.host}
        loop = asyncio.get_running_loop()
        _, made = await loop.create_connection(protocol, self.host, self.port, **secured)
        return made

    @cached_property
    def _context(self) -> ssl.SSLContext:
        context = ssl.create_default_context()
        context.set_alpn_protocols(["http/1.1"])
        if not self.verify:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context

    async def check(self) -> None:
        """A certificate that is not trusted now will not be later: whoever shares it is told at once.

        Raises `BadTargetError`.
        """
        if not self.tls:
            return
        from doorstep_client.targets.pump import APP_DEADLINE

        try:
            async with asyncio.timeout(APP_DEADLINE):
                probe = await self.connect(_Probe)
        except ssl.SSLError as error:
            raise BadTargetError(self._not_trusted(error)) from error
        except (OSError, TimeoutError):
            return  # as for a port
        probe.transport.abort()

    def _not_trusted(self, error: ssl.SSLError) -> str:
        from doorstep_client.network.dial import explain

        text = f"cannot share https://{self.authority}/: {explain(error)}"
        if not isinstance(error, ssl.SSLCertVerificationError):
            return text
        return (
            f"{text}. Name its authority's certificate in SSL_CERT_FILE, "
            "or give verify=False (--no-verify) to trust whoever answers there."
        )


class _Probe(asyncio.Protocol):
    """Says nothing."""

    transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
