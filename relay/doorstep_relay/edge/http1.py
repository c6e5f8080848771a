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

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Final, TypeVar

import httptools

MAX_HEADERS: Final = 128

_LONGEST_LENGTH: Final = 18
"""Digits, so that it fits every program's integers."""
_SHORT: Final = 64
"""Bytes."""
_NEVER_DROPPED: Final = frozenset({b"host", b"content-length", b"transfer-encoding", b"te"})
"""What the relay has written anew is for the next hop, whatever was said about it on the last one."""
_USUAL: Final = frozenset({b"close", b"keep-alive", b"upgrade"})

HeadT = TypeVar("HeadT")
ReadT = TypeVar("ReadT")
Take = Callable[[HeadT, bytes, bytes], None]
"""Takes a field (name, value) into a head."""


class BadMessageError(Exception):
    """A head that must not be passed on. `status` is the answer that a visitor gets for it."""

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.status = status


def check(parser: httptools.HttpRequestParser | httptools.HttpResponseParser, raw: bytes) -> None:
    """Have llhttp check a whole head; it tells the parser's owner of each field. Raises `BadMessageError`."""
    found = raw.count(b"\n") - 2
    if found > MAX_HEADERS:
        raise BadMessageError(f"{found} header fields; at most {MAX_HEADERS} are allowed", 431)
    try:
        parser.feed_data(raw)
    except httptools.HttpParserUpgrade:
        pass  # the head is complete; what an upgrade means is decided elsewhere
    except httptools.HttpParserInvalidMethodError as error:
        raise BadMessageError(str(error), 501) from None
    except httptools.HttpParserError as error:
        if isinstance(error.__context__, BadMessageError):
            raise error.__context__ from None  # the owner refused a field
        raise BadMessageError(str(error) or type(error).__name__) from None


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
    if not value.isdigit() or len(value) > _LONGEST_LENGTH:
        raise BadMessageError("Content-Length is not a number")
    return int(value)


def cached_if_short(read: Callable[[bytes], ReadT]) -> Callable[[bytes], ReadT]:
    """Remember what `read` made of short values: most are always the same, and many long ones cost memory."""
    cached = lru_cache(maxsize=256)(read)

    def call(value: bytes) -> ReadT:
        return cached(value) if len(value) <= _SHORT else read(value)

    return call


def tokens(value: bytes) -> frozenset[bytes]:
    """The members of a comma-separated list, in lower case."""
    return frozenset(token.strip(b" \t").lower() for token in value.split(b","))


@cached_if_short
def connection_options(value: bytes) -> tuple[frozenset[bytes], frozenset[bytes]]:
    """The options of `Connection`, and the names among them of fields that are for the next hop only."""
    options = tokens(value)
    return options, options - _USUAL - _NEVER_DROPPED


def drop_named(lines: list[bytes], names: frozenset[bytes]) -> None:
    """Remove the fields of these names, in lower case."""
    lines[:] = [line for line in lines if line.partition(b":")[0].lower() not in names]
