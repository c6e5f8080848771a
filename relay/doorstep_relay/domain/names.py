"""Which names a share may have.

A name becomes a DNS label below the relay's domain, and a web origin of its own. So it is what
DNS and every browser agree on (RFC 1123 letters, digits and hyphens, in lower case), never looks
like an internationalised name (RFC 5890 reserves `??--`), and is not one that people or programs
would take for the relay itself.
"""

from __future__ import annotations

import re
import secrets
from typing import Final

from doorstep_relay.errors import NameRefused

MIN_LENGTH: Final = 3
MAX_LENGTH: Final = 48
"""Below DNS's 63, so that a certificate or a log line still has room around it."""

# The relay's own pages, and words that visitors would take for them.
_OURS: Final = """
    account accounts admin administrator api app apps assets auth billing cdn console dashboard docs doorstep
    download health healthz help home internal login logout metrics oauth official public register relay root
    security session share shares signin signup ssh sso static status support system tunnel visitor web
    www www1 www2 www3
"""
# Names that machines look up by themselves, or that prove who owns a domain (RFC 2142).
_WELL_KNOWN: Final = """
    abuse autoconfig autodiscover broadcasthost dns ftp hostmaster imap isatap localdomain localhost mail
    mta-sts mx mx1 mx2 news ns ns1 ns2 ns3 ns4 ntp pop pop3 postmaster smtp stun turn usenet uucp vpn
    webmaster wpad
"""
RESERVED: Final = frozenset((_OURS + _WELL_KNOWN).split())

_LABEL: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?")
_ALPHABET: Final = "abcdefghijkmnpqrstuvwxyz23456789"  # 32 signs; no l, o, 0, 1 to misread
_RANDOM_SIGNS: Final = 16  # of 5 bits each: 80 bits, beyond guessing


def check_name(name: str) -> str:
    """`name` in lower case. Raises `NameRefused`, saying which rule it breaks."""
    # ASCII first: the Kelvin sign is one of a few that only become ASCII by lower-casing.
    lowered = name.lower() if name.isascii() else ""
    if not _LABEL.fullmatch(lowered):
        raise _refused(name, "letters a-z, digits and hyphens only, with no hyphen at either end")
    if not MIN_LENGTH <= len(lowered) <= MAX_LENGTH:
        raise _refused(name, f"{MIN_LENGTH} to {MAX_LENGTH} characters, not {len(lowered)}")
    if lowered[2:4] == "--":
        raise _refused(name, "no '--' after the second character: that marks internationalised names")
    if lowered in RESERVED:
        raise _refused(name, "this one is reserved")
    return lowered


def lookup_form(name: str) -> str | None:
    """How `name` would be stored, by which to look it up; `None` if no share's name is like that."""
    lowered = name.lower() if name.isascii() else ""
    return lowered if _LABEL.fullmatch(lowered) else None


def random_name() -> str:
    """A name that nobody guesses: 80 random bits, readable over the phone."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(_RANDOM_SIGNS))


def _refused(name: str, rule: str) -> NameRefused:
    shown = name if len(name) <= MAX_LENGTH else name[:MAX_LENGTH] + "…"
    return NameRefused(
        f"{shown!r} cannot be a share's name: {rule}. Choose another, or none for a random one"
    )
