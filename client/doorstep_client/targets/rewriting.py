"""Makes requests look as if the visitor's browser were beside the server, and answers as if it were not.

Development servers refuse a `Host` that they do not know (that is how they keep other web sites from
reaching them through a visitor's browser), and compare it with `Origin`. So both become the server's own,
and `Referer`, but only where they name the link itself: a request that another site caused still shows it.
On the way back the server's own address in `Location` and the like becomes the link's, and a cookie for the
server's name becomes one for the link.

Sans-I/O. It relies on what the relay guarantees: requests come one after the other, each once the last one
was answered, framed by one of `Content-Length` and `chunked`, their forwarding fields last.
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import httptools

MOST_HEAD: Final = 128 * 1024
"""Bytes of an answer's head that are kept to be rewritten; a longer one passes as it is."""
MOST_INTERIM: Final = 256
"""Interim answers to one request whose heads are looked at; more pass as they are: the relay refuses them."""
_END: Final = b"\r\n\r\n"
_LOOSE_END: Final = re.compile(rb"\n\r?\n")
"""As some servers write it. The relay does not take it: it is not for us to wait for a better one."""
_HOST: Final = b"\r\nhost:"
_NAMES_ORIGIN: Final = (b"\r\norigin:", b"\r\nreferer:")
_LENGTH: Final = b"\r\ncontent-length:"
_TRANSFER: Final = b"\r\ntransfer-encoding:"
_PROTO: Final = b"\r\nx-forwarded-proto:"
_STATUS: Final = re.compile(rb"HTTP/1\.[01] ([1-5][0-9][0-9])")


@dataclass(frozen=True, slots=True)
class Origin:
    """What the server is told to be: `http`, `localhost:8501`."""

    scheme: str
    authority: str

    def rewriter(self) -> Rewriter:
        """One for each connection."""
        return Rewriter(self.scheme.encode(), self.authority.encode())


class Rewriter:
    """Both ways of one connection: what goes in comes out, with heads rewritten."""

    def __init__(self, scheme: bytes, authority: bytes) -> None:
        self.switched = False
        """The server has switched to another protocol: from here on bytes pass as they are."""
        self.held = b""
        """Of a request, what is kept until its head is whole."""
        self._origin = scheme + b"://" + authority
        self._authority = authority
        self._own = b""
        """The link's own authority, as the visitor's browser has it."""
        self._answers = _Answers(authority)
        self._left = 0
        """Bytes that are still to come of a request's body."""
        self._chunks: _Chunks | None = None

    @property
    def is_mid_request(self) -> bool:
        """Whether more is to come of a request."""
        return bool(self._left or self._chunks or self.held)

    def request(self, data: bytes) -> bytes:
        """The next bytes for the server; nothing while a head is not whole."""
        if self._left:
            self._left -= min(self._left, len(data))
            return data
        if self._chunks is not None:
            if self._chunks.feed(data):
                self._chunks = None
            return data
        data = self.held + data
        end = data.find(_END)
        if end < 0 and len(data) < MOST_HEAD:
            self.held = data
            return b""
        self.held = b""
        return self._begin(data[:end], data[end:]) if end >= 0 else data

    def _begin(self, head: bytes, rest: bytes) -> bytes:
        lower = head.lower()
        start, end = _place(lower, _HOST)
        self._own = lower[start:end]
        self._answers.expect(head)
        self._frame(lower, head, rest)
        for name in _NAMES_ORIGIN:
            if name in lower:
                head = self._as_own(head, lower, name)
                lower = head.lower()
        start, end = _place(lower, _HOST)
        if not end:
            return head + rest
        return b"".join((head[:start], self._authority, head[end:], rest))

    def _as_own(self, head: bytes, lower: bytes, name: bytes) -> bytes:
        """With the server's origin in place of the link's; another's stays."""
        start, end = _place(lower, name)
        scheme = lower.find(b"://", start, end)
        slash = lower.find(b"/", scheme + 3, end)
        stop = slash if slash >= 0 else end
        if scheme < 0 or lower[scheme + 3 : stop] != self._own:
            return head
        return head[:start] + self._origin + head[stop:]

    def _frame(self, lower: bytes, head: bytes, rest: bytes) -> None:
        """Where this request will end."""
        if _TRANSFER in lower:
            chunks = _Chunks()
            self._chunks = None if chunks.feed(head + rest) else chunks
        elif _LENGTH in lower:
            start, end = _place(lower, _LENGTH)
            with suppress(ValueError):  # an SSH server passes on anything: ours will say what it thinks of it
                self._left = max(0, int(lower[start:end]) + len(_END) - len(rest))

    def response(self, data: bytes) -> bytes:
        """The next bytes for the visitor; nothing while a head is not whole."""
        data = self._answers.feed(data)
        self.switched = self._answers.switched
        return data

    def rest(self) -> bytes:
        """What the server has said of a head when it ends its connection."""
        return self._answers.rest()


class _Answers:
    """The server's side: after each request comes a head, and all that follows is its body."""

    def __init__(self, authority: bytes) -> None:
        self.switched = False
        self._authority = authority
        self._asked = b""
        self._expecting = False
        self._interim = 0
        self._held = b""

    def expect(self, head: bytes) -> None:
        """A request with this head, as it came, goes out."""
        self._asked = head
        self._expecting = True
        self._interim = 0

    def feed(self, data: bytes) -> bytes:
        done = b""
        while data and self._expecting:
            data, self._held = self._held + data, b""
            end = data.find(_END) + len(_END)
            status = _STATUS.match(data)
            if end < len(_END) and _may_go_on(data):
                self._held = data
                return done
            if end < len(_END) or status is None:
                self._expecting = False  # no HTTP: whoever reads it will say so
                break
            self._note(int(status[1]))
            done, data = done + self._rewritten(data[:end]), data[end:]
        return done + data if done else data

    def rest(self) -> bytes:
        """What is held of a head that will never be whole."""
        held, self._held = self._held, b""
        return held

    def _note(self, status: int) -> None:
        """After an interim answer (RFC 9110 15.2) the final one follows."""
        self.switched = status == 101
        self._interim += 1
        self._expecting = 100 <= status < 200 and not self.switched and self._interim <= MOST_INTERIM

    def _rewritten(self, head: bytes) -> bytes:
        """Most heads do not name the server: they pass after one look."""
        if self._authority in head:
            link = _link(self._asked)
            head = _links(self._authority).sub(lambda found: found[1] + link, head)
        if b"omain=" in head or b"OMAIN=" in head:  # nobody writes it in other ways
            head = _cookies(self._authority).sub(rb"\1", head)
        return head


def _place(lower: bytes, name: bytes) -> tuple[int, int]:
    """Where the last field of this name has its value, in a head in small letters."""
    start = lower.rfind(name)
    if start < 0:
        return 0, 0
    end = lower.find(b"\r\n", start + 2)
    start += len(name)
    while lower[start : start + 1] in (b" ", b"\t"):
        start += 1
    return start, end if end >= 0 else len(lower)


def _link(asked: bytes) -> bytes:
    """The origin that the visitor's browser has, by a request's head as the relay sent it."""
    lower = asked.lower()
    host, proto = (slice(*_place(lower, name)) for name in (_HOST, _PROTO))
    return (lower[proto] or b"http") + b"://" + asked[host]


def _may_go_on(data: bytes) -> bool:
    """Whether these bytes begin a head that is still to be read to its end."""
    return data[:7] == b"HTTP/1."[: len(data)] and len(data) < MOST_HEAD and _LOOSE_END.search(data) is None


class _Chunks:
    """Finds the end of a chunked request (RFC 9112 7.1)."""

    def __init__(self) -> None:
        self._over = False
        self._parser = httptools.HttpRequestParser(self)

    def on_message_complete(self) -> None:
        self._over = True

    def feed(self, data: bytes) -> bool:
        """Whether the request ends with this."""
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            self._over = True  # the server will say what it thinks of it
        return self._over


@lru_cache(maxsize=64)
def _links(authority: bytes) -> re.Pattern[bytes]:
    """The server's own address, where a browser would follow or compare it."""
    fields = rb"location|content-location|access-control-allow-origin"
    place = re.escape(authority)
    return re.compile(rb"(\r\n(?:" + fields + rb"):[ \t]*)https?://" + place + rb"(?=[/?#\r])", re.IGNORECASE)


@lru_cache(maxsize=64)
def _cookies(authority: bytes) -> re.Pattern[bytes]:
    """A cookie's `Domain` that is the server's own name: left out it means the same."""
    name = re.escape(authority.rpartition(b":")[0] or authority)
    return re.compile(
        rb"(\r\nset-cookie:[^\r\n]*?);[ \t]*domain=\.?" + name + rb"(?=[ \t]*[;\r])", re.IGNORECASE
    )
