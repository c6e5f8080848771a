"""A visitor's request head: read, checked, and written for the app."""

from __future__ import annotations

import re
from typing import Final

import httptools

from doorstep_relay.domain.passes import COOKIE, FORM_COOKIE
from doorstep_relay.edge.body import NO_BODY, Body, Chunked, Length
from doorstep_relay.edge.http1 import (
    BadMessageError,
    Take,
    at_a_glance,
    check,
    connection_options,
    content_length,
    drop_named,
    tokens,
)

INTERNAL_PREFIX: Final = b"doorstep-"
"""Fields of this prefix are the relay's own; from outside they are dropped."""

_OUR_COOKIES: Final = b"doorstep-"
"""In the names of all of them."""
_START: Final = re.compile(rb"([A-Z][A-Z\-]{0,23}) ([!-\"$-~]+) HTTP/1\.([01])\r\n")
_ABSOLUTE: Final = re.compile(rb"https?://([^/?#@\\]+)((?:[/?].*)?)\Z", re.IGNORECASE | re.DOTALL)
_SLASH: Final = 0x2F
_UPGRADES: Final = frozenset({b"websocket", b"doorstep-reverse"})
"""What may be switched to; others (h2c above all) are ignored, as RFC 9110 7.8 allows."""


class RequestHead:
    """A request, checked. `lines` are the fields that go on, each ending in CRLF."""

    __slots__ = (
        "_asked",
        "_connection",
        "_encoding",
        "_hosts",
        "_length",
        "accept",
        "authorization",
        "body",
        "forwarded_for",
        "forwarded_proto",
        "host",
        "keep_alive",
        "lines",
        "method",
        "target",
        "told",
        "upgrade",
        "version",
    )

    def __init__(self, method: bytes, target: bytes, version: int) -> None:
        self.method = method
        self.target = target
        self.version = version
        """10 or 11."""
        self.host = b""
        self.lines: list[bytes] = []
        self.body: Body
        self.keep_alive = version == 11
        self.upgrade = b""
        """The protocol asked for, in lower case; empty when none is."""
        self.accept = b""
        self.authorization = b""
        self.forwarded_for = b""
        self.forwarded_proto = b""
        self.told: tuple[tuple[bytes, bytes], ...] = ()
        """What is for the relay alone and does not go on: names in lower case, values."""
        self._hosts = 0
        self._connection = self._asked = b""
        self._length: bytes | None = None
        self._encoding: bytes | None = None

    def wants_html(self) -> bool:
        """Whether a person's browser asks, and not a program."""
        return b"text/html" in self.accept

    def for_app(self, forwarding: bytes) -> bytes:
        """The head as the app gets it; `forwarding` are the relay's own field lines."""
        upgrade = b""
        if self.upgrade:
            upgrade = b"Connection: Upgrade\r\nUpgrade: %b\r\n" % self.upgrade
        return b"%b %b HTTP/1.1\r\nHost: %b\r\n%b%b%b\r\n" % (
            self.method,
            self.target,
            self.host,
            b"".join(self.lines),
            upgrade,
            forwarding,
        )

    def told_line(self) -> bytes:
        """The relay's own cookies, for the relay's own app."""
        cookies = [b"%b=%b" % one for one in self.told if one[0] in (COOKIE, FORM_COOKIE)]
        return b"Doorstep-Cookie: %b\r\n" % b"; ".join(cookies) if cookies else b""

    # -- fields that mean something here -------------------------------------------------------

    def _take_host(self, _name: bytes, value: bytes) -> None:
        self._hosts += 1
        self.host = value.rstrip(b" \t")

    def _take_length(self, _name: bytes, value: bytes) -> None:
        self._length = value

    def _take_encoding(self, _name: bytes, value: bytes) -> None:
        if self._encoding is not None:
            raise BadMessageError("two Transfer-Encoding")
        self._encoding = value

    def _take_connection(self, _name: bytes, value: bytes) -> None:
        self._connection = self._connection + b"," + value if self._connection else value

    def _take_upgrade(self, _name: bytes, value: bytes) -> None:
        self._asked = value

    def _take_te(self, _name: bytes, value: bytes) -> None:
        if b"trailers" in tokens(value):
            self.lines.append(b"TE: trailers\r\nConnection: TE\r\n")  # RFC 9110 10.1.4: never one alone

    def _take_accept(self, name: bytes, value: bytes) -> None:
        self.accept = value
        self.lines.append(b"%b: %b\r\n" % (name, value))

    def _take_authorization(self, name: bytes, value: bytes) -> None:
        self.authorization = value
        self.lines.append(b"%b: %b\r\n" % (name, value))

    def _take_cookie(self, name: bytes, value: bytes) -> None:
        if _OUR_COOKIES in value:
            value = self._without_ours(value)
            if not value:
                return
        self.lines.append(b"%b: %b\r\n" % (name, value))

    def _without_ours(self, value: bytes) -> bytes:
        """The cookies that are not the relay's own."""
        rest = []
        for cookie in value.split(b";"):
            name, _, content = cookie.strip().partition(b"=")
            bare = name.removeprefix(b"__Host-")
            if bare in (COOKIE, FORM_COOKIE):
                self.told += ((bare, content),)
            else:
                rest.append(cookie.strip())
        return b"; ".join(rest)

    def _take_told(self, name: bytes, value: bytes) -> None:
        self.told += ((name.lower(), value.strip()),)

    def _take_forwarded_for(self, _name: bytes, value: bytes) -> None:
        self.forwarded_for = self.forwarded_for + b"," + value if self.forwarded_for else value

    def _take_forwarded_proto(self, _name: bytes, value: bytes) -> None:
        self.forwarded_proto = value

    def _drop(self, name: bytes, value: bytes) -> None:
        """For this hop only, or a claim about the visitor that the relay makes itself."""

    _TAKES: Final[dict[bytes, Take[RequestHead]]] = {  # noqa: RUF012  # never changed
        b"host": _take_host,
        b"content-length": _take_length,
        b"transfer-encoding": _take_encoding,
        b"connection": _take_connection,
        b"upgrade": _take_upgrade,
        b"te": _take_te,
        b"accept": _take_accept,
        b"authorization": _take_authorization,
        b"cookie": _take_cookie,
        b"doorstep-key": _take_told,
        b"doorstep-password": _take_told,
        b"doorstep-skip-interstitial": _take_told,
        b"x-forwarded-for": _take_forwarded_for,
        b"x-forwarded-proto": _take_forwarded_proto,
        b"forwarded": _drop,
        b"http2-settings": _drop,
        b"keep-alive": _drop,
        b"proxy": _drop,  # CGI and WSGI would make HTTP_PROXY of it
        b"proxy-authorization": _drop,
        b"proxy-connection": _drop,
        b"true-client-ip": _drop,
        b"x-client-ip": _drop,
        b"x-forwarded-email": _drop,
        b"x-forwarded-groups": _drop,
        b"x-forwarded-host": _drop,
        b"x-forwarded-port": _drop,
        b"x-forwarded-preferred-username": _drop,
        b"x-forwarded-prefix": _drop,
        b"x-forwarded-server": _drop,
        b"x-forwarded-ssl": _drop,
        b"x-forwarded-user": _drop,
        b"x-real-ip": _drop,
    }
    _KNOWN: Final = at_a_glance(
        _TAKES,
        (
            *(b"accept-encoding", b"accept-language", b"cache-control", b"content-type", b"dnt"),
            *(b"if-modified-since", b"if-none-match", b"if-range", b"origin", b"pragma", b"priority"),
            *(b"range", b"referer", b"user-agent", b"upgrade-insecure-requests", b"x-requested-with"),
            *(b"sec-ch-ua", b"sec-ch-ua-mobile", b"sec-ch-ua-platform", b"sec-gpc"),
            *(b"sec-fetch-dest", b"sec-fetch-mode", b"sec-fetch-site", b"sec-fetch-user"),
        ),
    )

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a field in: llhttp calls this for each, in order."""
        try:
            take = self._KNOWN[name]
        except KeyError:
            take = self._unusual(name)
        if take is None:
            self.lines.append(b"%b: %b\r\n" % (name, value))
        else:
            take(self, name, value)

    def settle(self) -> None:
        """What the fields mean together. Raises `BadMessageError`."""
        if self._hosts != 1 and (self._hosts or self.version == 11):
            raise BadMessageError("a request needs exactly one Host")
        if self.target[0] != _SLASH or self.method == b"CONNECT":
            self._settle_target()
        if self._length is None and self._encoding is None:
            self.body = NO_BODY
        else:
            self.body = self._settle_body()
        if self._connection:
            self._settle_connection()

    @classmethod
    def _unusual(cls, name: bytes) -> Take[RequestHead] | None:
        """What takes a field that is not in `_KNOWN`; None when it goes on as it is.

        `X_Forwarded_For` is dropped with `X-Forwarded-For`: CGI and WSGI make one variable of both.
        """
        lower = name.lower()
        take = cls._TAKES.get(lower)
        if take is None:
            meant = lower.replace(b"_", b"-")
            if meant in cls._TAKES or meant.startswith(INTERNAL_PREFIX):
                return cls._drop
        return take

    @classmethod
    def bars(cls, name: bytes) -> bool:
        """Whether a field means something to this relay, so that it may not come as a trailer.

        Some servers (uvicorn with httptools) add trailers to the headers: what is dropped or
        overwritten in the head would reach the app by that way.
        """
        return cls._unusual(name) is not None

    def _settle_target(self) -> None:
        """Origin form only goes on; absolute form must agree with Host (RFC 9112 3.2.2)."""
        target = self.target
        if self.method == b"CONNECT":
            raise BadMessageError("CONNECT is for proxies; this is none")
        if target == b"*" and self.method == b"OPTIONS":
            return
        absolute = _ABSOLUTE.match(target)
        if absolute is None:
            raise BadMessageError("the request target is neither a path nor a URL of this host")
        authority, rest = absolute.groups()
        if authority.lower() != self.host.lower():
            raise BadMessageError("the request target names another host than Host does")
        self.target = rest if rest.startswith(b"/") else b"/" + rest

    def _settle_body(self) -> Body:
        if self._encoding is not None:
            if self._length is not None or self.version == 10:
                raise BadMessageError("Transfer-Encoding beside Content-Length, or in HTTP/1.0")
            if self._encoding.lower() != b"chunked":
                raise BadMessageError("a transfer coding other than chunked", 501)
            self.lines.append(b"Transfer-Encoding: chunked\r\n")
            return Chunked(self.bars)
        size = content_length(self._length or b"")
        self.lines.append(b"Content-Length: %d\r\n" % size)
        return Length(size)

    def _settle_connection(self) -> None:
        options, named = connection_options(self._connection)
        if b"close" in options:
            self.keep_alive = False
        elif b"keep-alive" in options:
            self.keep_alive = True
        if self._asked and b"upgrade" in options:
            asked = self._asked.strip().lower()
            if self.version == 11 and asked in _UPGRADES and self.body.done:
                self.upgrade = asked
        if named:
            drop_named(self.lines, named)


def read_request(raw: bytes) -> RequestHead:
    """Read the head of a request, up to and with its empty line. Raises `BadMessageError`."""
    start = _START.match(raw)
    if start is None:
        raise BadMessageError("the request line is not METHOD SP TARGET SP HTTP/1.x")
    method, target, minor = start.groups()
    head = RequestHead(method, target, 11 if minor == b"1" else 10)
    check(httptools.HttpRequestParser(head), raw)
    head.settle()
    return head
