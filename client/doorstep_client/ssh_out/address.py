"""What `ssh://[user@]host[:port][?remote=80&…]` means."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote, urlsplit

from doorstep_client.errors import UsageError
from doorstep_client.ssh_out.visitor import tell_forwarded, tell_unknown
from doorstep_client.targets import AppTarget, Target

SCHEME: Final = "ssh://"
EXAMPLE: Final = "ssh://localhost.run or ssh://me@example.org:2222?remote=8080"

_HOST: Final = re.compile(r"[A-Za-z0-9_:][\w.:-]*")
_USER: Final = re.compile(r"[A-Za-z0-9_][\w.+=~@:%,-]{0,255}")
"""Nothing that begins like an option, nothing that a shell in somebody's `ProxyCommand` would obey."""
_NAME: Final = re.compile(r"[A-Za-z0-9_][\w.-]{0,252}")
_TOKEN: Final = "dst_"  # noqa: S105  # how a token of a relay of ours begins
_MEANT: Final = ("command", "forwarded", "public", "remote", "tty", "url")


@dataclass(frozen=True, slots=True)
class SshServer:
    """An SSH server that hands out links, and how to talk to it."""

    url: str
    """The address without what follows the `?`, for messages."""
    host: str
    """A name, an address, or a `Host` of the user's ssh configuration."""
    port: int | None = None
    user: str | None = None
    remote: int = 80
    """The port that is asked for there (`-R`); 0 lets the server choose one."""
    pattern: re.Pattern[str] | None = None
    """How to find the link in what the server says; its first group, if it has one, is the link."""
    public: str | None = None
    """The link itself, where the server says nothing because its owner knows."""
    command: str | None = None
    """Words for the server, as `ssh host WORDS` has them."""
    tty: bool = False
    """Whether the server talks to terminals only."""
    forwarded: bool = False
    """Whether the server overwrites what visitors write into `X-Forwarded-For`."""

    @property
    def destination(self) -> str:
        """`[user@]host`, as one types it."""
        return f"{self.user}@{self.host}" if self.user else self.host

    @property
    def needs_session(self) -> bool:
        """Whether the link is to be read from a session; else there is only the forwarding (`ssh -N`)."""
        if self.command is not None or self.pattern is not None or self.tty:
            return True
        return self.public is None and self.remote != 0

    def prepare(self, target: Target) -> None:
        """Make an app believe of its visitors what can be believed behind this server."""
        if isinstance(target, AppTarget):
            target.tell_visitor = tell_forwarded if self.forwarded else tell_unknown


def parse_server(address: str) -> SshServer:
    """Read an address. Raises `UsageError`, which says what is wrong with it."""
    place, _, query = address.strip().partition("?")
    try:
        parts = urlsplit(place)
        port = parts.port
    except ValueError as error:
        raise _bad(address, str(error)) from None
    host, user = _host(parts.netloc), unquote(parts.username) if parts.username else None
    if parts.password is not None:
        raise UsageError("An SSH address holds no password: use a key, or an agent that has one")
    if not _HOST.fullmatch(host) or port == 0 or parts.path not in ("", "/") or parts.fragment:
        raise _bad(address, "it is not a host, with a user before and a port behind it if need be")
    if user is not None and not _USER.fullmatch(user):
        raise _bad(address, "its user name has signs that no user name has")
    return _with_query(SshServer(_shown(host, port, user), host, port, user), query, address)


def check_name(name: str | None) -> None:
    """A name becomes a part of ssh's `-R`. Raises `UsageError`."""
    if name is not None and not _NAME.fullmatch(name):
        raise UsageError(f"The name {name!r} is not one that an SSH server could be asked for")


def check_asked(token: str | None, network: Mapping[str, object]) -> None:
    """What is asked for on the way to a relay is ssh's to know. Raises `UsageError`."""
    if token:
        raise UsageError("An SSH server takes no token: it knows you by your key, or by your user name")
    given = [name for name, value in network.items() if value is not None]
    if given:
        raise UsageError(
            f"{given[0]}= is for a Doorstep relay; the way to an SSH server is what ssh's configuration says "
            "(UserKnownHostsFile, IdentityFile, ProxyJump, ProxyCommand)"
        )


def _host(netloc: str) -> str:
    """As it is written: a `Host` of an ssh configuration may have capitals."""
    place = netloc.rpartition("@")[2]
    return place[1:].partition("]")[0] if place.startswith("[") else place.partition(":")[0]


def _shown(host: str, port: int | None, user: str | None) -> str:
    place = f"[{host}]" if ":" in host else host
    if user is not None and user.startswith(_TOKEN):
        user = f"{_TOKEN}…"
    return f"{SCHEME}{f'{user}@' if user else ''}{place}{f':{port}' if port else ''}"


def _with_query(server: SshServer, query: str, address: str) -> SshServer:
    """Split by hand: in a query's own writing `+` is a space, and in a regular expression it is not."""
    said: dict[str, str] = {}
    for part in filter(None, query.split("&")):
        key, _, value = part.partition("=")
        if key not in _MEANT:
            raise _bad(address, f"{key!r} means nothing here; there are {', '.join(_MEANT)}")
        said[key] = unquote(value)
    return SshServer(
        server.url,
        server.host,
        server.port,
        server.user,
        remote=_port(said.get("remote", "80"), address),
        pattern=_pattern(said["url"], address) if "url" in said else None,
        public=_public(said["public"], address) if "public" in said else None,
        command=_line(said["command"], address) if "command" in said else None,
        tty=_yes("tty", said.get("tty", "no"), address),
        forwarded=_yes("forwarded", said.get("forwarded", "no"), address),
    )


def _port(text: str, address: str) -> int:
    if not re.fullmatch(r"[0-9]{1,5}", text) or int(text) > 65535:
        raise _bad(address, f"remote is {text!r}; give a port from 1 to 65535, or 0 for any")
    return int(text)


def _pattern(text: str, address: str) -> re.Pattern[str]:
    try:
        return re.compile(text)
    except re.error as error:
        raise _bad(address, f"url is no regular expression: {error}") from None


def _public(text: str, address: str) -> str:
    if not re.fullmatch(r"https?://[!-~]+", text):
        raise _bad(address, f"public is {text!r}; give the link, for example https://demo.example.org")
    return text.rstrip("/")


def _line(text: str, address: str) -> str:
    if not text.isprintable():
        raise _bad(address, "command has signs that cannot be typed")
    return text


def _yes(key: str, text: str, address: str) -> bool:
    if text.lower() not in ("yes", "no", "1", "0", "true", "false"):
        raise _bad(address, f"{key} is {text!r}; give yes or no")
    return text.lower() in ("yes", "1", "true")


def _bad(address: str, why: str) -> UsageError:
    return UsageError(f"The address {address!r} is no SSH server's: {why}. Give one like {EXAMPLE}")
