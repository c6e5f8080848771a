"""TLS towards relays: verified, HTTP/1.1, and resumed from the second connection to a host on.

Resuming (RFC 8446 2.2) saves both sides the certificate: the relay signs nothing, this side checks no
signatures. It cannot weaken the check. A session is kept only after a relay has proved that the
certificate is its own, is offered only to the same host name, and only who has the relay's ticket key
can go on with it; anybody else is asked for a certificate as always.

A ticket may serve several connections. RFC 8446 C.4 advises against it, lest an onlooker see that they
belong together; tunnel connections of one link name the link in the clear anyway.
"""

from __future__ import annotations

import ssl
import time
from functools import lru_cache
from typing import Final

MAX_AGE: Final = 3600.0
"""Seconds after which a certificate is asked for again: one that was revoked or has expired is noticed."""
MAX_SESSIONS: Final = 256


@lru_cache(maxsize=1)
def tls_context() -> ResumingContext:
    """Verifies the certificate and the name by the system's CAs, speaks HTTP/1.1."""
    context = ResumingContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_default_certs()
    context.set_alpn_protocols(["http/1.1"])
    return context


class ResumingContext(ssl.SSLContext):
    """Offers the last session with a host to it again. `keep` is given the connections to take one from."""

    def __init__(self, protocol: int) -> None:  # noqa: ARG002  # SSLContext takes it in __new__
        self._sessions: dict[str, tuple[ssl.SSLSession, float]] = {}

    def wrap_bio(
        self,
        incoming: ssl.MemoryBIO,
        outgoing: ssl.MemoryBIO,
        server_side: bool = False,
        server_hostname: str | bytes | None = None,
        session: ssl.SSLSession | None = None,
    ) -> ssl.SSLObject:
        """What the loops call for each connection; they pass no session."""
        session = session or self._last(server_hostname)
        return super().wrap_bio(incoming, outgoing, server_side, server_hostname, session)

    def keep(self, connection: ssl.SSLObject | None) -> None:
        """Remember a connection's session, once its host has answered: TLS 1.3's tickets come before that.

        One that was itself resumed is passed over: to copy its session costs as much as resuming saves.
        """
        if not isinstance(connection, ssl.SSLObject) or connection.session_reused:
            return
        session, host = connection.session, connection.server_hostname
        if session is None or not session.has_ticket or host is None:
            return
        self._sessions.pop(host, None)
        self._sessions[host] = (session, time.monotonic())
        if len(self._sessions) > MAX_SESSIONS:
            del self._sessions[next(iter(self._sessions))]

    def forget(self) -> None:
        """Begin anew: the next connection to each host is asked for its certificate."""
        self._sessions.clear()

    def _last(self, host: str | bytes | None) -> ssl.SSLSession | None:
        session, proved = self._sessions.get(str(host), (None, 0.0))
        return session if time.monotonic() - proved < MAX_AGE else None
