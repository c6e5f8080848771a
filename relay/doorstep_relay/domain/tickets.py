"""Tickets: what a tunnel connection shows to prove whose it is.

A ticket is signed, not stored, so any node checks it without asking the database. It names a
share and an epoch and lives for about a minute; a higher epoch makes it worthless before that.

    share (8 bytes) · epoch (4) · expires, ms (8) · HMAC-SHA256 of these, first 16 bytes

36 bytes are exactly 48 signs of base64: no padding, and just one spelling of each ticket.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import struct
from dataclasses import dataclass
from typing import Final, NamedTuple

from doorstep_relay.errors import BadTicket

_BODY: Final = struct.Struct(">QIQ")
_SIGNATURE: Final = 16
_LENGTH: Final = (_BODY.size + _SIGNATURE) * 4 // 3
_PURPOSE: Final = b"doorstep ticket 1\0"
"""So that nothing else that is ever signed with the relay's secret passes for a ticket."""


class Ticket(NamedTuple):
    """What a valid ticket says."""

    share_id: int
    epoch: int


@dataclass(frozen=True, slots=True)
class TicketKey:
    """Issues and reads tickets. `secret` is the relay's own: 32 random bytes or more."""

    secret: bytes

    def __repr__(self) -> str:
        return "TicketKey(…)"

    def issue(self, share_id: int, epoch: int, expires: float) -> str:
        """A ticket that is good before `expires` (unix seconds)."""
        body = _BODY.pack(share_id, epoch, int(expires * 1000))
        return base64.urlsafe_b64encode(body + self._sign(body)).decode("ascii")

    def read(self, ticket: str, now: float) -> Ticket:
        """What `ticket` says. Raises `BadTicket` for anything but a ticket of this key in its time."""
        raw = _decode(ticket)
        body, signature = raw[: _BODY.size], raw[_BODY.size :]
        if not hmac.compare_digest(signature, self._sign(body)):
            raise BadTicket
        share_id, epoch, expires = _BODY.unpack(body)
        if now * 1000 >= expires:
            raise BadTicket
        return Ticket(share_id, epoch)

    def _sign(self, body: bytes) -> bytes:
        return hmac.digest(self.secret, _PURPOSE + body, "sha256")[:_SIGNATURE]


def _decode(ticket: str) -> bytes:
    # Python's decoder skips signs that are not base64 unless told otherwise, and takes both
    # alphabets after the translation: a ticket has one spelling, so both are refused.
    if len(ticket) != _LENGTH or not ticket.isascii() or "+" in ticket or "/" in ticket:
        raise BadTicket
    try:
        return binascii.a2b_base64(ticket.replace("-", "+").replace("_", "/"), strict_mode=True)
    except binascii.Error:
        raise BadTicket from None
