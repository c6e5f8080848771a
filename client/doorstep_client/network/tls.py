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
from pathlib import Path
from typing import Final, cast

from doorstep_client.errors import UsageError
from doorstep_client.network.certificate import read_certificate
from doorstep_client.network.options import PLAIN, VARIABLES, Network, make_pin

MAX_AGE: Final = 3600.0
"""Seconds after which a certificate is asked for again: one that was revoked or has expired is noticed."""
MAX_SESSIONS: Final = 256


@lru_cache(maxsize=16)
def tls_context(network: Network = PLAIN) -> ResumingContext:
    """Verifies the certificate and the name by the system's CAs and the network's, speaks HTTP/1.1.

    Raises `UsageError` for a CA, a certificate or a key that cannot be used.
    """
    context = ResumingContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_default_certs()
    context.set_alpn_protocols(["http/1.1"])
    if network.ca:
        _trust(context, network.ca)
    if network.cert:
        _show(context, network.cert, network.key or None)
    if network.pins:
        context.pin(network.pins)
    return context


def blind_context() -> ssl.SSLContext:
    """Verifies nothing: for looking at a certificate that was refused. Nothing may be said on it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _trust(context: ssl.SSLContext, path: str) -> None:
    try:
        if Path(path).is_dir():
            context.load_verify_locations(capath=path)
        else:
            context.load_verify_locations(cafile=path)
    except (ssl.SSLError, OSError) as error:
        raise UsageError(f"The CA certificates in {path} cannot be read: {error}") from error


def _show(context: ssl.SSLContext, cert: str, key: str | None) -> None:
    try:
        context.load_cert_chain(cert, key, password=_ask_nobody)
    except (ssl.SSLError, OSError) as error:
        raise UsageError(
            f"The client certificate {cert} cannot be used: {error}; it has to be PEM, with its key in "
            f"the same file or in {VARIABLES['key']}"
        ) from error


def _ask_nobody() -> str:
    """OpenSSL would ask on the terminal, in the middle of somebody's program."""
    raise UsageError("The key of the client certificate has a password; give one without")


class WrongKeyError(ssl.SSLCertVerificationError):
    """The certificate is good, and its key is not the one that was pinned."""

    def __init__(self, pin: str) -> None:
        super().__init__(f"its public key is {pin}, which is not the one that was pinned")
        self.verify_message = str(self.args[0])
        self.verify_code = 0


class _PinnedObject(ssl.SSLObject):
    """Ends the handshake with a peer whose key is not pinned, before anything is said."""

    def do_handshake(self) -> None:
        super().do_handshake()
        cast(ResumingContext, self.context).check_key(self.getpeercert(binary_form=True))


class ResumingContext(ssl.SSLContext):
    """Offers the last session with a host to it again. `keep` is given the connections to take one from."""

    def __init__(self, protocol: int) -> None:  # noqa: ARG002  # SSLContext takes it in __new__
        self._sessions: dict[str, tuple[ssl.SSLSession, float]] = {}
        self._pins: frozenset[bytes] = frozenset()

    def pin(self, keys: frozenset[bytes]) -> None:
        """Take no other public keys than those with these hashes (SHA-256)."""
        self._pins = keys
        self.sslobject_class = _PinnedObject

    def check_key(self, certificate: bytes | None) -> None:
        """Raises `WrongKeyError`."""
        key = read_certificate(certificate or b"").key
        if key not in self._pins:
            raise WrongKeyError(make_pin(key))

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
