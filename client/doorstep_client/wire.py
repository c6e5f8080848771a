"""The whole wire format between a client and a relay, on one page.

A *session* is one WebSocket (`SESSION_PATH`, subprotocol `SUBPROTOCOL`), authenticated by
`Authorization: Bearer <token>`. Each text frame is one JSON object; `type` names the message.
A session may hold several shares; `share` is the number that the client gave a share in `open`.

A *tunnel connection* starts as an HTTP/1.1 request of the client to `TUNNEL_PATH`, with the
share's own `Host`, `Upgrade: doorstep-reverse` and `Authorization: Doorstep <ticket>`.
After `101 Switching Protocols` the roles are reversed: the relay sends HTTP/1.1 requests and the
client answers them, one at a time, for as long as both keep the connection. What answers `101` may
yet let nothing through: a client that asks for `PINGED_PATH` says `PING` first, and the relay gives the
connection no visitor before it has said `PONG`.

Nothing here does I/O or reads a clock. Both sides import this module; neither defines a message
of its own. Unknown fields are ignored, so that a newer peer can add some; an unknown `type`, a
missing field or a value of the wrong kind is a `WireError`. What a client shows, sends on or waits
for is checked here too: a relay is not trusted with its user's terminal.
"""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal, TypeVar

import msgspec
from msgspec import Meta

from doorstep_client.errors import WireError

SUBPROTOCOL: Final = "doorstep.v1"
SESSION_PATH: Final = "/.doorstep/session"
TUNNEL_PATH: Final = "/.doorstep/tunnel"
PINGED_PATH: Final = f"{TUNNEL_PATH}?ping"
TUNNEL_UPGRADE: Final = "doorstep-reverse"
TICKET_SCHEME: Final = "Doorstep"
PING: Final = b"ping\r\n"
PONG: Final = b"pong\r\n"

MAX_MESSAGE: Final = 64 * 1024
"""Bytes in one session message; a longer one ends the session."""


Naming = Literal["random", "readable"]

_Word = Annotated[str, Meta(pattern=r"\A[!-~]+\Z", max_length=1024)]
"""Visible ASCII: may stand in a header or on a terminal."""
_Url = Annotated[str, Meta(pattern=r"\Ahttps?://[!-~]+\Z", max_length=1024)]
_Count = Annotated[int, Meta(ge=0, le=1_000_000)]
_Seconds = Annotated[float, Meta(ge=0.05, le=3600)]


class _Message(msgspec.Struct, frozen=True, omit_defaults=True, tag_field="type"):
    pass


# -- client to relay ---------------------------------------------------------------------------


class Open(_Message, frozen=True, tag="open"):
    """Ask for a share, or take back one that this client held (`lease`)."""

    share: int
    name: str | None = None
    expires_in: float | None = None
    """Seconds until the relay ends the share; the relay may grant less."""
    lease: str | None = None
    """The secret from an earlier `opened`: proves that the name is this client's to resume."""
    naming: Naming = "random"
    """What kind of name the relay makes up when `name` is absent. A readable one can be guessed."""
    balance: bool = False
    """Hold the share together with other clients of the same account that ask for this, too: the relay
    spreads visitors over all of them. Without it, who opens a name that is live takes it over."""
    policy: dict[str, Any] | None = None
    """Who may look, as the share's owner writes it; absent leaves that as it is (a new share: everybody).
    A password in it is hashed by the relay and kept nowhere."""

    def __repr__(self) -> str:  # a policy has secrets
        return f"Open(share={self.share}, name={self.name!r})"


class Close(_Message, frozen=True, tag="close"):
    """The share is over: its name answers 410 from now on."""

    share: int
    drain: Annotated[float, Meta(ge=0, le=3600)] = 0.0
    """Seconds in which requests under way may finish; those that take longer are cut."""


class Ping(_Message, frozen=True, tag="ping"):
    """Sent by the client every `Welcome.heartbeat` seconds; the relay answers `pong`."""


# -- relay to client ---------------------------------------------------------------------------


class Welcome(_Message, frozen=True, tag="welcome"):
    """First message of a session. Twice `heartbeat` seconds of silence mean a dead peer."""

    heartbeat: _Seconds
    relay: str = ""
    """The relay's version, for messages to people."""
    streams: _Count = 0
    """So many tunnel connections the session itself carries, where a proxy in between allows no others: see
    `streams`. A relay that does not say it carries none."""
    pings: bool = False
    """Whether a tunnel connection may begin with `PING`. An older relay knows nothing of that."""


class Opened(_Message, frozen=True, tag="opened"):
    """The share is live. `dial` tunnel connections are wanted at once."""

    share: int
    name: _Word
    url: _Url
    host: _Word
    """What tunnel connections send as `Host`."""
    lease: _Word
    epoch: int
    ticket: _Word
    dial: _Count
    expires_at: float | None = None
    """Unix time, seconds; `None` when the share has no end."""
    took_over: bool = False
    """The share was live elsewhere; that client has lost it to this one."""
    paused: bool = False
    """Nobody sees the share until `paused` says otherwise."""
    guarded: tuple[str, ...] = ()
    """The conditions of the policy in force. A client that asked for some which are not here goes away: an
    older relay ignores `Open.policy`, and would show the share to everybody."""
    now: float | None = None
    """What the relay's clock says (Unix time, seconds): the client's may be wrong."""


class Dial(_Message, frozen=True, tag="dial"):
    """Open `count` more tunnel connections, with this fresh ticket. With 0, if it wants to try one."""

    share: int
    count: _Count
    ticket: _Word
    at: str | None = None
    """`host:port` of the node that wants them; the session's own relay when absent."""


class Expiring(_Message, frozen=True, tag="expiring"):
    """The share will end at `expires_at` (Unix time, seconds) unless it is extended.

    Said shortly before that, and whenever the end has moved.
    """

    share: int
    expires_at: float
    now: float | None = None
    """What the relay's clock says (Unix time, seconds)."""


class Paused(_Message, frozen=True, tag="paused"):
    """Its owner or an admin lets nobody see the share, or visitors come again (`paused` is false)."""

    share: int
    paused: bool


class Ended(_Message, frozen=True, tag="ended"):
    """The relay ended the share. The client tells its user and does not come back.

    `code` is one of `expired`, `revoked`, `closed`, `taken-over`.
    """

    share: int
    code: str
    reason: str = ""


class Goaway(_Message, frozen=True, tag="goaway"):
    """This relay is about to stop: connect again (to one of `instead`, if any) before leaving.

    The share is opened there by its lease while it still is open here, where requests under way finish.
    """

    instead: tuple[_Url, ...] = ()


class Error(_Message, frozen=True, tag="error"):
    """A request was refused. `fatal` means that asking again cannot help."""

    code: str
    message: str
    fatal: bool = False
    share: int | None = None
    """The share that it is about; the whole session when absent."""
    retry_after: Annotated[float, Meta(ge=0, le=3600)] | None = None
    """Seconds after which asking again may help."""


class Pong(_Message, frozen=True, tag="pong"):
    """The answer to `ping`."""


FromClient = Open | Close | Ping
FromRelay = Welcome | Opened | Dial | Expiring | Paused | Ended | Goaway | Error | Pong

_T = TypeVar("_T")

_encoder = msgspec.json.Encoder()
_from_client: msgspec.json.Decoder[FromClient] = msgspec.json.Decoder(FromClient)
_from_relay: msgspec.json.Decoder[FromRelay] = msgspec.json.Decoder(FromRelay)


def encode(message: FromClient | FromRelay) -> str:
    """The text frame for a message."""
    return _encoder.encode(message).decode()


def decode_from_client(frame: str | bytes) -> FromClient:
    """What a client said. Raises `WireError` when it is not a message of this protocol."""
    return _decode(_from_client, frame)


def decode_from_relay(frame: str | bytes) -> FromRelay:
    """What a relay said. Raises `WireError` when it is not a message of this protocol."""
    return _decode(_from_relay, frame)


def _decode(decoder: msgspec.json.Decoder[_T], frame: str | bytes) -> _T:
    try:
        data = frame.encode() if isinstance(frame, str) else frame
        if len(data) > MAX_MESSAGE:
            raise WireError(f"a message of {len(data)} bytes; at most {MAX_MESSAGE} are allowed")
        return decoder.decode(data)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise WireError(f"not a message of {SUBPROTOCOL}: {error}") from error


def readable(text: str, limit: int = 500) -> str:
    """What a peer says to people, on one line and without signs that steer a terminal."""
    plain = "".join(sign if sign.isprintable() else " " for sign in text[:limit])
    return " ".join(plain.split())
