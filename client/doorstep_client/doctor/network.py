"""The steps below a session: proxy, DNS, TCP, the way through the proxy, TLS, HTTP, the clocks."""

from __future__ import annotations

import asyncio
import socket
import ssl
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from ipaddress import ip_address
from typing import Final

from doorstep_client.doctor.findings import Finding, bad, doubtful, good
from doorstep_client.errors import UnreachableError, UsageError, WireError
from doorstep_client.network.certificate import Certificate, read_certificate
from doorstep_client.network.dial import Address, address_of, dial, explain, shown_certificate
from doorstep_client.network.eyeballs import connect_any
from doorstep_client.network.fetch import Fetched, fetch
from doorstep_client.network.options import VARIABLES, make_pin
from doorstep_client.network.proxies import Proxy, proxy_for
from doorstep_client.network.tls import WrongKeyError, blind_context, tls_context
from doorstep_client.sessions.handshake import (
    about_issuer,
    is_of_another,
    is_portal_status,
    is_unknown_issuer,
)
from doorstep_client.settings import RelaySettings
from doorstep_client.wire import SESSION_PATH, readable

DEADLINE: Final = 10.0
_SOON: Final = 14
"""Days before its end that a certificate is worth a word."""
_SKEW: Final = 30.0
"""Seconds that clocks may differ."""
_ALLOW: Final = "the proxy's operator has to allow CONNECT to {}"
_SIGN_IN: Final = "open any page in a browser, and sign in to the network; or is the relay's address another?"
_NOT_NOW: Final = frozenset({9, 10})
"""OpenSSL's codes for a certificate that is not good yet, or not any more."""
_IN_BETWEEN: Final = (OSError, TimeoutError, UnreachableError, WireError)

Findings = AsyncIterator[Finding]


async def files(relay: RelaySettings) -> Findings:
    """Authorities and certificates that were given and are of no use; nothing where all is well."""
    try:
        tls_context(relay.network)
    except UsageError as error:
        advice = (
            f"see where it is named: {VARIABLES['ca']}, {VARIABLES['cert']}, an option, or the login's file"
        )
        yield bad("settings", str(error), advice)


async def proxy(relay: RelaySettings) -> Findings:
    """Whether one is to be used, and who says so."""
    try:
        found = proxy_for(address_of(relay))
    except UnreachableError as error:
        yield bad("proxy", str(error), "Doorstep goes through http:// and https:// proxies")
        return
    if found is None:
        yield good("proxy", "none")
    else:
        known = ", with a user and password" if found.credentials else ""
        yield good("proxy", f"{found.authority}, by {found.source}{known}", proxy=found.authority)


def _first_hop(relay: RelaySettings) -> tuple[str, int, Proxy | None]:
    found = proxy_for(address_of(relay))
    return (relay.host, relay.port, None) if found is None else (found.host, found.port, found)


async def dns(relay: RelaySettings) -> Findings:
    """The addresses of the relay, or of the proxy: that looks up the relay itself."""
    host, port, through = _first_hop(relay)
    began = time.perf_counter()
    try:
        async with asyncio.timeout(DEADLINE):
            found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, TimeoutError, UnicodeError) as error:
        advice = "is the name right, and this computer on a network? Some names are known in a VPN only"
        yield bad("dns", f"{host}: {explain(error)}", advice)
        return
    addresses = list(dict.fromkeys(str(one[4][0]) for one in found))
    whose = "the proxy " if through else ""
    yield good("dns", f"{whose}{host} is {', '.join(addresses)}{_took(began)}", addresses=addresses)


async def tcp(relay: RelaySettings) -> Findings:
    """A connection to the first hop."""
    host, port, through = _first_hop(relay)
    what = f"{'the proxy' if through else 'the relay'}, port {port}"
    began = time.perf_counter()
    try:
        async with asyncio.timeout(DEADLINE):
            (await connect_any(host, port)).close()
    except (OSError, TimeoutError) as error:
        advice = f"a firewall may block connections to port {port}"
        if isinstance(error, ConnectionRefusedError):
            advice = f"is that the port, and does it run? If so, {advice}"
        if through is None:
            advice += "; if this network has a proxy, name it in HTTPS_PROXY"
        yield bad("tcp", f"{what}: {explain(error)}", advice)
        return
    yield good("tcp", f"{what}{_took(began)}", took=_milliseconds(began))


async def way(relay: RelaySettings) -> Findings:
    """What the proxy says to CONNECT."""
    if proxy_for(address_of(relay)) is None:
        return
    began = time.perf_counter()
    try:
        (await dial(Address(relay.host, relay.port, network=relay.network), asyncio.Protocol)).abort()
    except UnreachableError as error:
        yield bad("way", error.why, error.advice or _ALLOW.format(relay.authority))
        return
    except _IN_BETWEEN as error:
        yield bad("way", explain(error), _ALLOW.format(relay.authority))
        return
    yield good("way", f"the proxy connects to {relay.authority}{_took(began)}")


# -- TLS -------------------------------------------------------------------------------------------


async def tls(relay: RelaySettings) -> Findings:
    """The version, and whose certificate it is."""
    if not relay.tls:
        if not _is_here(relay.host):
            advice = "give an https:// address: the token can be read on its way"
            yield doubtful("tls", "none: the address begins with http://", advice)
        return
    began = time.perf_counter()
    try:
        version, seen = await _secured(relay)
    except WrongKeyError as error:
        advice = "somebody else may answer; if the relay has a new key, pin that one"
        yield bad("tls", explain(error), advice)
    except ssl.SSLCertVerificationError as error:
        yield await _distrusted(relay, error)
    except (*_IN_BETWEEN, ValueError) as error:
        yield bad("tls", explain(error), "does the relay speak TLS at this port?")
    else:
        yield _trusted(version, seen, _took(began))


async def _secured(relay: RelaySettings) -> tuple[str, Certificate]:
    transport = await dial(address_of(relay), asyncio.Protocol)
    try:
        secured: ssl.SSLObject = transport.get_extra_info("ssl_object")
        return str(secured.version()), read_certificate(secured.getpeercert(binary_form=True) or b"")
    finally:
        transport.abort()


async def _distrusted(relay: RelaySettings, error: ssl.SSLCertVerificationError) -> Finding:
    text = explain(error)
    try:
        seen = await shown_certificate(address_of(relay), blind_context())
    except (*_IN_BETWEEN, ValueError):
        return bad("tls", text, "look at the relay's certificate")
    issuer = readable(seen.issuer, 100)
    if is_unknown_issuer(error):
        return bad("tls", text, about_issuer(repr(issuer)), issuer=issuer)
    advice = _about_certificate(relay, error, seen)
    return bad("tls", text, advice, issuer=issuer, expires=seen.ends.isoformat())


def _about_certificate(relay: RelaySettings, error: ssl.SSLCertVerificationError, seen: Certificate) -> str:
    if error.verify_code in _NOT_NOW:
        return (
            f"this computer's clock says {datetime.now(UTC):%Y-%m-%d %H:%M} UTC: set it, if that is wrong; "
            f"if not, the relay's operator has to renew its certificate, good until {seen.ends:%Y-%m-%d}"
        )
    if is_of_another(error):
        return (
            f"another server answers than {relay.host!r}, as it does in networks that want people to sign in "
            f"first: {_SIGN_IN}"
        )
    return "the relay's operator has to look at the certificate"


def _trusted(version: str, seen: Certificate, took: str) -> Finding:
    issuer, pin = readable(seen.issuer, 100), make_pin(seen.key)
    text = f"{version}, certificate of {issuer!r} until {seen.ends:%Y-%m-%d}, key {pin}{took}"
    facts = {"version": version, "issuer": issuer, "expires": seen.ends.isoformat(), "pin": pin}
    if (seen.ends - datetime.now(UTC)).days < _SOON:
        return doubtful("tls", text, "the relay's certificate has to be renewed soon", **facts)
    return good("tls", text, **facts)


def _is_here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


# -- HTTP ------------------------------------------------------------------------------------------


async def relay(relay: RelaySettings) -> Findings:
    """Whether it is a Doorstep relay that answers."""
    began = time.perf_counter()
    try:
        async with asyncio.timeout(DEADLINE):
            answer = await fetch(relay, "GET", SESSION_PATH)
    except _IN_BETWEEN as error:
        yield bad("relay", explain(error), _about_silence(error))
        return
    if "doorstep-error" in answer.fields:
        yield good("relay", f"a Doorstep relay answers{_took(began)}")
        return
    yield _somebody_else(relay, answer)


def _about_silence(error: BaseException) -> str:
    if "CERTIFICATE" in str(getattr(error, "reason", "")):
        return f"get a client certificate, and name it in {VARIABLES['cert']}"
    if isinstance(error, TimeoutError):
        return "something takes connections and says nothing: is it the relay, and is no firewall in between?"
    return "is it a web server at all?"


def _somebody_else(relay: RelaySettings, answer: Fetched) -> Finding:
    """An answer, and not of a relay: whose it may be."""
    server = readable(answer.fields.get("server", ""), 60) or "something"
    status, where = answer.status, readable(answer.fields.get("location", ""), 200)
    text = f"{server} answers with HTTP status {status}"
    if 300 <= status < 400 and where.startswith(f"https://{relay.host}") and not relay.tls:
        return bad("relay", f"{text}: a redirect to {where}", f"give https://{relay.host}", status=status)
    if is_portal_status(status):
        what = f"a redirect to {where}" if where else "a page of its own"
        text = f"{text} and {what}, where a relay refuses: this looks like a captive portal"
        return bad("relay", text, _SIGN_IN, status=status, portal=True)
    text += ", and it is no Doorstep relay"
    if status in (502, 503, 504):
        return bad("relay", text, "a gateway answers for a relay that is away: does it run?", status=status)
    advice = "is the address right?"
    if status == 400 and not relay.network.cert:
        advice += f" Or a certificate of yours is wanted ({VARIABLES['cert']})"
    return bad("relay", text, advice, status=status)


async def clock(relay: RelaySettings) -> Findings:
    """The relay's clock beside this computer's."""
    began = time.time()
    try:
        async with asyncio.timeout(DEADLINE):
            answer = await fetch(relay, "GET", "/healthz")
        there = parsedate_to_datetime(answer.fields["date"]).timestamp()
    except (*_IN_BETWEEN, KeyError, ValueError):
        return
    ahead = (began + time.time()) / 2 - there
    if abs(ahead) < _SKEW:
        yield good("clock", "as the relay's", ahead=round(ahead, 1))
    else:
        text = f"{abs(ahead):.0f} s {'ahead of' if ahead > 0 else 'behind'} the relay's"
        advice = "set this computer's clock: certificates and the ends of links are judged by it"
        yield doubtful("clock", text, advice, ahead=round(ahead, 1))


def _milliseconds(began: float) -> float:
    return round((time.perf_counter() - began) * 1000, 1)


def _took(began: float) -> str:
    return f" ({_milliseconds(began):.0f} ms)"
