"""Understands what `ssh` says: of itself (`debug1: …`), and in the server's words, where the link is.

Every service has its own words, and advertises its documentation beside the link. So a link is what looks
like one: https, a host and nothing behind it, on a host that is not the service's own. Pure.
"""

from __future__ import annotations

import json
import re
from collections import deque
from typing import Any, Final
from urllib.parse import urlsplit

from doorstep_client.ssh_out.address import SshServer
from doorstep_client.wire import readable

_COLOUR: Final = re.compile(r"\x1b\[[0-9;]*m|[\x00\x07]")
_STEERING: Final = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?|\x1b[ -/]*[0-~]|[\r\b]"
)
_URL: Final = re.compile(r"https?://[A-Za-z0-9][A-Za-z0-9.-]*(?::[0-9]{1,5})?(?:[/?#][^\s\"'<>\[\](){}|]*)?")
_PAGES: Final = frozenset(
    ("account", "admin", "api", "app", "blog", "console", "dashboard", "docs", "help", "login", "www")
)
"""First labels of hosts where services have pages of their own."""
_ELSEWHERE: Final = frozenset({"twitter.com", "x.com", "github.com", "discord.gg", "t.me"})

_FORWARDED: Final = re.compile(r"debug1: remote forward success for:")
_ALLOCATED: Final = re.compile(r"Allocated port ([0-9]+) for remote forward")
_INSIDE: Final = re.compile(r"Authenticated to |debug1: Authentication succeeded")
_HOST_KEY: Final = re.compile(r"debug1: Server host key: (\S+) (\S+)")
_KEYS_MADE: Final = re.compile(r"debug1: SSH2_MSG_NEWKEYS (?:sent|received)")
_NEW_KEY: Final = re.compile(r"Warning: Permanently added (\S+)")
_OWN_WORDS: Final = re.compile(
    r"debug[123]: |Authenticated to |Transferred: |Bytes per second: |Warning: Perm"
)


class Reading:
    """What one session has said so far. `feed` it with lines."""

    def __init__(self, server: SshServer, host: str) -> None:
        self.link: str | None = None
        """The link, once it is known for sure; the latest one."""
        self.plain: str | None = None
        """A link without TLS: the one to take unless a better one follows at once."""
        self.new_key: str | None = None
        """The host whose key was seen, and kept, for the first time; with its fingerprint."""
        self.last_words: deque[str] = deque(maxlen=12)
        """What was said, without what ssh says about its own work."""
        self._server = server
        self._host = host
        self._fingerprint = ""
        self._knows_key = False
        """The host's key was seen. Only now a server has a voice here: it could imitate ssh's, and show the
        fingerprint of the one that it pretends to be."""
        self._is_inside = False
        """Whether we were let in: what was said before is a greeting, and no answer to what we ask for."""
        self._shape: tuple[str, ...] | None = None
        """Of the line that told the link: by the same words a server tells of another."""

    def feed(self, line: str, *, aside: bool) -> None:
        """`aside` is true of standard error, where ssh itself speaks, too."""
        text = _STEERING.sub(" ", _COLOUR.sub("", line)).strip()
        if aside and self._ssh_says(text):
            return
        if text:
            self.last_words.append(readable(text, 300))
            if self._is_inside or not aside:
                self._look_for_link(text)

    # -- ssh's own words -------------------------------------------------------------------------

    def _ssh_says(self, text: str) -> bool:
        """Whether the line was ssh's, and no more than a report of its work."""
        if found := _ALLOCATED.match(text):
            self._forwarded(int(found[1]))
            return True
        if not _OWN_WORDS.match(text):
            return False
        if _FORWARDED.match(text):
            self._forwarded(None)
        elif _INSIDE.match(text):
            self._is_inside = True
        elif _KEYS_MADE.match(text):
            self._knows_key = True
        elif not self._knows_key:
            self._about_key(text)
        return True

    def _about_key(self, text: str) -> None:
        if found := _HOST_KEY.match(text):
            self._fingerprint = f"{found[1]} {found[2]}"
        elif found := _NEW_KEY.match(text):
            name = found[1].strip("'")
            self.new_key = readable(f"{name} ({self._fingerprint})", 200)

    def _forwarded(self, port: int | None) -> None:
        if self._server.public is not None:
            self.link = self._server.public
        elif port is not None and self._server.remote == 0 and not self._server.needs_session:
            host = f"[{self._host}]" if ":" in self._host else self._host
            self.link = f"http://{host}:{port}"

    # -- the server's ----------------------------------------------------------------------------

    def _look_for_link(self, text: str) -> None:
        if self._server.public is not None:
            return
        if self._server.pattern is not None:
            if found := self._server.pattern.search(text):
                self._take(found[1] if self._server.pattern.groups else found[0], text)
        elif told := _json(text):
            if link := _link_of(told):
                self._take(link, "")
        else:
            for url in _URL.findall(text):
                self._consider(url.rstrip(".,;:!?").rstrip("/"), text)

    def _consider(self, url: str, text: str) -> None:
        if not _is_link(url, self._host):
            return
        if url.startswith("http://"):
            self.plain = self.plain or url
        elif self.link is None or _shape(text) == self._shape:
            self._take(url, text)

    def _take(self, url: str, text: str) -> None:
        if re.fullmatch(r"https?://[!-~]+", url):
            self.link, self._shape = url.rstrip("/"), _shape(text)


def _is_link(url: str, ssh_host: str) -> bool:
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return False
    behind = parts.query if not parts.query.startswith("k=") else ""  # the key to a link of a relay of ours
    if parts.path not in ("", "/") or behind or parts.fragment or "." not in host:
        return False
    return host not in {ssh_host, *_ELSEWHERE} and host.split(".", 1)[0] not in _PAGES


def _shape(text: str) -> tuple[str, ...]:
    """A line's words without names and addresses."""
    return tuple(word for word in text.split() if "." not in word.rstrip(".") and ":" not in word)


def _json(text: str) -> dict[str, Any]:
    """A line that is a JSON object, as services write for programs; empty for any other."""
    if not text.startswith("{"):
        return {}
    try:
        told = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}


def _link_of(told: dict[str, Any]) -> str | None:
    """`url` or `public_url`; or a host, which has TLS unless the server says otherwise."""
    for key in ("url", "public_url"):
        value = told.get(key)
        if isinstance(value, str) and value.startswith(("https://", "http://")):
            return value
    for key in ("address", "domain", "listen_host"):
        value = told.get(key)
        if isinstance(value, str) and re.fullmatch(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+", value):
            return f"http{'' if told.get('tls_termination') is False else 's'}://{value}"
    return None
