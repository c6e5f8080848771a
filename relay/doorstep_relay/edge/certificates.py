"""The relay's certificates: which is shown to whom, and how new files take effect without a restart.

Each pair of files has one `SSLContext` for as long as the relay runs. A renewed pair is loaded into it:
OpenSSL shows it from the next handshake on, connections under way keep what they have. A pair that
cannot be used (half written, wrong key, unreadable) changes nothing, and is tried again.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.x509.oid import ExtensionOID

from doorstep_relay.errors import ConfigError

log = logging.getLogger("doorstep_relay.tls")

LOOK_EVERY: Final = 2.0
"""Seconds between two looks at the files."""

_UNUSABLE: Final = (
    *(OSError, ValueError),
    *(x509.InvalidVersion, x509.DuplicateExtension, x509.UnsupportedGeneralNameType),
)
"""What says that a file is not a certificate that can be shown."""
_Stamp = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Pair:
    """A certificate (with its chain, PEM) and its key, which may be in the same file."""

    certificate: Path
    key: Path


class Certificate:
    """One pair of files and the context that shows it."""

    def __init__(self, pair: Pair) -> None:
        self.pair = pair
        self.context = new_context()
        self.names: tuple[str, ...] = ()
        self.expires: datetime
        self._stamps: tuple[_Stamp, ...] = ()
        self._load()

    def refresh(self) -> bool:
        """Load the files again if they changed. Raises `ConfigError` when they cannot be used."""
        if self._stamps == self._look():
            return False
        self._load()
        return True

    def covers(self, host: str) -> bool:
        """Whether a browser accepts it for this host (RFC 6125 6.4.3: a wildcard is one whole label)."""
        _, _, parent = host.partition(".")
        return host in self.names or f"*.{parent}" in self.names

    def _load(self) -> None:
        stamps = self._look()
        pair = self.pair
        try:
            new_context().load_cert_chain(pair.certificate, pair.key)  # first where it can do no harm
            leaf = x509.load_pem_x509_certificates(pair.certificate.read_bytes())[0]
            names, expires = _names(leaf), leaf.not_valid_after_utc
            self.context.load_cert_chain(pair.certificate, pair.key)
        except _UNUSABLE as error:
            why = getattr(error, "reason", None) or getattr(error, "strerror", None) or str(error)
            raise ConfigError(
                f"the certificate {str(pair.certificate)!r} with the key {str(pair.key)!r} "
                f"cannot be used: {why}"
            ) from error
        self.names, self.expires = names, expires
        self._stamps = stamps

    def _look(self) -> tuple[_Stamp, ...]:
        try:
            found = [path.stat() for path in (self.pair.certificate, self.pair.key)]
        except OSError as error:
            raise ConfigError(f"the file {error.filename!r} cannot be read: {error.strerror}") from error
        return tuple((each.st_ino, each.st_size, each.st_mtime_ns) for each in found)


class Certificates:
    """All of them. The first is shown to visitors who name no host, or one that none covers."""

    def __init__(self, pairs: Sequence[Pair]) -> None:
        self.all = [Certificate(pair) for pair in pairs]
        self.context = self.all[0].context
        """What a listener is given."""
        if len(self.all) > 1:
            self.context.sni_callback = self._choose

    @property
    def chosen_by_name(self) -> bool:
        """Whether the handshake looks at the visitor's server name."""
        return len(self.all) > 1

    def uncovered(self, *hosts: str) -> list[str]:
        """The hosts that no certificate is for."""
        return [host for host in hosts if not any(each.covers(host) for each in self.all)]

    def next_expiry(self) -> datetime:
        return min(each.expires for each in self.all)

    def refresh(self) -> None:
        """Load what changed on disk; what cannot be used is logged and left as it was."""
        for each in self.all:
            try:
                if each.refresh():
                    log.info("new certificate %s, good until %s", each.pair.certificate, each.expires)
            except ConfigError as error:
                log.error("%s; the one before stays in use", error)  # noqa: TRY400  # it says all there is

    async def watch(self) -> None:
        """Keep looking at the files, for ever."""
        while True:
            await asyncio.sleep(LOOK_EVERY)
            try:
                self.refresh()
            except Exception:  # those that are in use stay so
                log.exception("could not look at the certificates")

    def _choose(self, handshake: ssl.SSLObject | ssl.SSLSocket, name: str | None, _: ssl.SSLContext) -> None:
        wanted = (name or "").lower().rstrip(".")
        for each in self.all:
            if each.covers(wanted):
                handshake.context = each.context
                return


def warnings_of(certificates: Certificates, domain: str, now: datetime | None = None) -> list[str]:
    """What an operator should know about the certificates, each a sentence."""
    found = []
    missing = certificates.uncovered(domain, f"name.{domain}")
    if f"name.{domain}" in missing:
        found.append(f"no certificate is for *.{domain}: browsers will warn visitors of every link")
    if domain in missing:
        found.append(f"no certificate is for {domain}: clients will not connect")
    if (expires := certificates.next_expiry()) < (now or datetime.now(UTC)):
        found.append(f"a certificate expired at {expires:%Y-%m-%d %H:%M} UTC: nobody will connect")
    return found


def new_context() -> ssl.SSLContext:
    """TLS 1.2 and newer, HTTP/1.1; OpenSSL's own choice of ciphers, and a ticket to resume the session.

    OpenSSL would issue two after a full handshake: the second is a tenth of the handshake's cost.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_RENEGOTIATION | ssl.OP_NO_COMPRESSION
    context.set_alpn_protocols(["http/1.1"])
    context.num_tickets = 1
    return context


def _names(certificate: x509.Certificate) -> tuple[str, ...]:
    try:
        extension = certificate.extensions.get_extension_for_oid(ExtensionOID.SUBJECT_ALTERNATIVE_NAME)
    except x509.ExtensionNotFound:
        return ()
    value = extension.value
    assert isinstance(value, x509.SubjectAlternativeName)  # noqa: S101  # what this OID is
    names = value.get_values_for_type(x509.DNSName)
    addresses = value.get_values_for_type(x509.IPAddress)
    return tuple(name.lower() for name in names) + tuple(str(address) for address in addresses)
