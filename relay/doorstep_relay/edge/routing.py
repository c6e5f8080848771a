"""Where a request goes: decided anew for each request, by its own Host. No I/O.

A connection belongs to the first share that it asked for, unless it is a trusted proxy's: browsers
that reuse it for another host are answered 421 (RFC 9110 15.5.20).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import Final, Protocol

from doorstep_client import wire
from doorstep_relay.domain import landing
from doorstep_relay.edge.hosts import Kind, Place
from doorstep_relay.edge.request import RequestHead

_RESERVED: Final = b"/.doorstep/"
_TUNNELS: Final = (wire.TUNNEL_PATH.encode(), wire.PINGED_PATH.encode())
_PAGES: Final = frozenset(path.encode() for path in landing.PAGES)
_REVERSE: Final = wire.TUNNEL_UPGRADE.encode()
_SESSION: Final = wire.SESSION_PATH.encode()
_WEBSOCKET: Final = b"websocket"


class Goal(Enum):
    """What a request is for."""

    SHARE = auto()
    APEX = auto()
    """The relay's own app."""
    PAGE = auto()
    """The relay's own app, for one of its pages on a share's host."""
    CUSTOM = auto()
    """A share, at a host name of its account's own."""
    ADMIN = auto()
    """The dashboard."""
    TUNNEL = auto()
    """To become a tunnel connection, if its ticket is good."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """The relay answers itself."""

    code: str
    reason: str = ""


class Asker(Protocol):
    """What is known of a connection before its request is read."""

    @property
    def label(self) -> str:
        """The share that it belongs to; empty until it has asked for one."""

    @property
    def trusted(self) -> bool:
        """Whether it is a proxy's, who sends the requests of many."""

    @property
    def surplus(self) -> bool:
        """Whether it is beyond the relay's limit of visitors: only clients are welcome then."""

    @property
    def is_last_call(self) -> bool:
        """Whether, if it is `surplus`, it is welcome all the same, with one last request."""


_MISDIRECTED: Final = Refusal("misdirected")
_BUSY: Final = Refusal("busy")
_NO_TUNNEL: Final = Refusal("not-found")
_SHARE, _SHARE_KIND, _APEX_KIND, _BAD_KIND = Goal.SHARE, Kind.SHARE, Kind.APEX, Kind.BAD


def route(asker: Asker, head: RequestHead, place: Place, rest: bytes) -> Goal | Refusal:
    """The goal of a request to `place`, of which `rest` came with the head.

    An upgrade that its goal does not know is taken out of the head.
    """
    kind = place.kind
    if kind is _SHARE_KIND:
        return _share(asker, head, place, rest)
    if kind is _APEX_KIND:
        return _apex(asker, head, rest)
    if kind is Kind.ADMIN:
        return _admin(asker, head, rest)
    if kind is _BAD_KIND:
        return Refusal("bad-request", "Host is not a host name")
    return _custom(asker, head, place, rest) if kind is Kind.CUSTOM else Refusal("no-such-share")


def _share(asker: Asker, head: RequestHead, place: Place, rest: bytes) -> Goal | Refusal:
    if asker.label and asker.label != place.label and not asker.trusted:
        return _MISDIRECTED
    if head.target.startswith(_RESERVED):
        return _reserved(asker, head, rest)
    if asker.surplus and _is_too_much(asker, head):
        return _BUSY
    if head.upgrade == _REVERSE:
        head.upgrade = b""  # between clients and relays only: no app is asked for it
    return _SHARE


def _custom(asker: Asker, head: RequestHead, place: Place, rest: bytes) -> Goal | Refusal:
    goal = _share(asker, head, place, rest)
    if goal is Goal.TUNNEL:
        return _NO_TUNNEL  # clients come to the share's own host
    return Goal.CUSTOM if goal is _SHARE else goal


def _reserved(asker: Asker, head: RequestHead, rest: bytes) -> Goal | Refusal:
    """The relay's own paths on a share's host: its pages for visitors, and the way in for clients."""
    if head.target.partition(b"?")[0] in _PAGES and not head.upgrade:
        return _BUSY if asker.surplus and _is_too_much(asker, head) else Goal.PAGE
    if head.upgrade != _REVERSE or head.target not in _TUNNELS:
        return Refusal("not-found")
    if rest or not head.body.done:
        return Refusal("ticket-refused")
    return Goal.TUNNEL


def _apex(asker: Asker, head: RequestHead, rest: bytes) -> Goal | Refusal:
    if asker.label and not asker.trusted:
        return _MISDIRECTED
    if asker.surplus and head.upgrade != _WEBSOCKET and _is_too_much(asker, head):
        return _BUSY
    if head.upgrade and (head.upgrade != _WEBSOCKET or head.target != _SESSION):
        head.upgrade = b""
    if head.upgrade and rest:
        return Refusal("bad-request", "bytes came before the session was agreed to")
    return Goal.APEX


def _admin(asker: Asker, head: RequestHead, rest: bytes) -> Goal | Refusal:
    """As the relay's own app, but that its page may have a WebSocket."""
    if asker.label and not asker.trusted:
        return _MISDIRECTED
    if asker.surplus and _is_too_much(asker, head):
        return _BUSY
    if head.upgrade and head.upgrade != _WEBSOCKET:
        head.upgrade = b""
    if head.upgrade and rest:
        return Refusal("bad-request", "bytes came before the WebSocket was agreed to")
    return Goal.ADMIN


def _is_too_much(asker: Asker, head: RequestHead) -> bool:
    """Whether a surplus visitor is refused; at the last call it is served, and its connection ends."""
    head.keep_alive = False
    return not asker.is_last_call
