"""What the page and the app say to each other (docs/ui-protocol.md), as typed messages."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from doorstep.errors import ProtocolError

MAX_FRAME: Final = 1 << 20
"""Bytes of one frame from a page."""

MAX_NUMBER: Final = 1 << 53


class _Message(msgspec.Struct, omit_defaults=True, tag_field="type"):
    pass


# -- page to app -------------------------------------------------------------------------------


class Hello(_Message, tag="hello"):
    session: str | None = None
    seen: int = 0


class Run(_Message, tag="run"):
    job: int
    fn: int
    data: list[Any]
    trigger: int | None = None
    event: Any = None
    data_file: str | None = None
    """The id of an uploaded file that holds `data`, where that is too big for a frame."""


class Cancel(_Message, tag="cancel"):
    job: int


class Ping(_Message, tag="ping"):
    seen: int | None = None


# -- app to page -------------------------------------------------------------------------------


class Welcome(_Message, tag="welcome"):
    session: str
    resumed: bool


class Pong(_Message, tag="pong"):
    pass


class Numbered(_Message):
    """A message that a resumed session must not miss; `seq` is set when it is sent."""

    seq: int = 0


class Queued(Numbered, tag="queued", kw_only=True):
    job: int
    position: int
    eta: float | None = None


class Started(Numbered, tag="started", kw_only=True):
    job: int


class Progress(Numbered, tag="progress", kw_only=True):
    job: int
    fraction: float | None = None
    text: str | None = None
    step: float | None = None
    total: float | None = None
    unit: str | None = None


class Data(Numbered, tag="data", kw_only=True):
    job: int
    changes: list[tuple[int, dict[str, Any]]]


class Done(Numbered, tag="done", kw_only=True):
    job: int
    changes: list[tuple[int, dict[str, Any]]]
    seconds: float


class Failed(Numbered, tag="failed", kw_only=True):
    job: int
    title: str
    message: str
    code: str
    traceback: str | None = None
    output: int | None = None
    invalid: list[tuple[int, str]] | None = None
    seconds: float | None = None


class Render(Numbered, tag="render", kw_only=True):
    block: int
    components: list[dict[str, Any]]
    children: list[dict[str, Any]]
    dependencies: list[dict[str, Any]]


class Toast(Numbered, tag="toast", kw_only=True):
    level: str
    title: str
    message: str
    seconds: float | None = None


class Custom(Numbered, tag="custom", kw_only=True):
    """What a function says to a component's own module; buffers are base64."""

    component: int
    content: Any
    buffers: list[str]


class Reload(Numbered, tag="reload"):
    """The app's code changed: the page looks again."""


FromPage = Hello | Run | Cancel | Ping

_decoder = msgspec.json.Decoder(FromPage)
_list_decoder = msgspec.json.Decoder(list[FromPage])
_encoder = msgspec.json.Encoder()


def decode(frame: str | bytes) -> FromPage:
    """What a page said. Raises `ProtocolError` when it is not a message of the protocol."""
    try:
        message: FromPage = _decoder.decode(frame)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ProtocolError(str(error)) from error
    return message


def decode_all(body: bytes) -> list[FromPage]:
    """What a page said in one request: a list of messages. Raises `ProtocolError`."""
    try:
        messages: list[FromPage] = _list_decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ProtocolError(str(error)) from error
    return messages


def encode(message: _Message) -> str:
    """The text frame for a message. Raises `TypeError` for a value that JSON cannot hold."""
    return _encoder.encode(message).decode()


def check_wire(value: Any) -> None:
    """Raises `TypeError` unless `value` can be sent as JSON."""
    _encoder.encode(value)
