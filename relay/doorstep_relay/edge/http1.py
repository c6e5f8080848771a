"""Reading message heads strictly: what requests and answers have in common. No I/O.

Reading is llhttp's (through `httptools`), with its leniencies off, after the start line was
checked byte for byte; what llhttp lets through and a proxy must not is refused here and in
`request` and `response` (RFC 9112 sections 3, 5 and 6, RFC 9110 section 7.6). Whoever doubts how a
message is framed refuses it: a request with a 400 and the end of its connection, an answer with a
502 and the end of its tunnel connection.

Heads are written anew, never passed through: hop-by-hop fields and those named in `Connection`
go, forwarding fields are replaced by the relay's, everything else keeps its bytes and its order.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Final, TypeVar

import httptools

MAX_HEADERS: Final = 128

_LENGTH: Final = re.compile(rb"[0-9]{1,18}\Z")
_NEVER_DROPPED: Final = frozenset({b"host", b"content-length", b"transfer-encoding", b"te"})
"""What the relay has written anew is for the next hop, whatever was said about it on the last one."""
_USUAL: Final = frozenset({b"close", b"keep-alive", b"upgrade"})

Field = tuple[bytes, bytes]
HeadT = TypeVar("HeadT")
Take = Callable[[HeadT, bytes, bytes], None]
"""Takes a field (name, value) into a head."""


class BadMessageError(Exception):
    """A head that must not be passed on. `status` is the answer that a visitor gets for it."""

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.status = status


class _Collector:
    """What llhttp calls back: the fields, in order."""

    __slots__ = ("fields",)

    def __init__(self) -> None:
        self.fields: list[Field] = []

    def on_header(self, name: bytes, value: bytes) -> None:
        self.fields.append((name, value))


def request_fields(raw: bytes) -> list[Field]:
    """The header fields of a whole request head. Raises `BadMessageError`."""
    collector = _Collector()
    return _fields(httptools.HttpRequestParser(collector), collector, raw)


def response_fields(raw: bytes) -> list[Field]:
    """The header fields of a whole response head. Raises `BadMessageError`."""
    collector = _Collector()
    return _fields(httptools.HttpResponseParser(collector), collector, raw)


def _fields(
    parser: httptools.HttpRequestParser | httptools.HttpResponseParser, collector: _Collector, raw: bytes
) -> list[Field]:
    try:
        parser.feed_data(raw)
    except httptools.HttpParserUpgrade:
        pass  # the head is complete; what an upgrade means is decided elsewhere
    except httptools.HttpParserError as error:
        raise BadMessageError(str(error) or type(error).__name__) from None
    found = len(collector.fields)
    if found > MAX_HEADERS:
        raise BadMessageError(f"{found} header fields; at most {MAX_HEADERS} are allowed", 431)
    return collector.fields


def at_a_glance(
    takes: Mapping[bytes, Take[HeadT]], passed: Iterable[bytes]
) -> dict[bytes, Take[HeadT] | None]:
    """What is known of a field by the usual spellings of its name, `content-length` and `Content-Length`.

    None stands for the common ones that go on as they are; of a name that is missing nothing is known.
    """
    known: dict[bytes, Take[HeadT] | None] = {**dict.fromkeys(passed), **takes}
    return known | {_title(name): take for name, take in known.items()}


def _title(name: bytes) -> bytes:
    return b"-".join(part.capitalize() for part in name.split(b"-"))


def content_length(value: bytes) -> int:
    """A `Content-Length` in bytes. Raises `BadMessageError`."""
    value = value.rstrip(b" \t")
    if not _LENGTH.match(value):
        raise BadMessageError("Content-Length is not a number")
    return int(value)


def tokens(value: bytes) -> set[bytes]:
    """The members of a comma-separated list, in lower case."""
    return {token.strip(b" \t").lower() for token in value.split(b",")}


def drop_named(lines: list[bytes], connection: set[bytes]) -> None:
    """Remove the fields that `Connection` declares to be for the next hop only."""
    named = connection - _USUAL - _NEVER_DROPPED
    if named:
        lines[:] = [line for line in lines if line.partition(b":")[0].lower() not in named]
