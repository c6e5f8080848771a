"""Why `ssh` has ended: its last words and its status, as an error for the person who wants a link. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

from doorstep_client.errors import DoorstepError, RefusedError, UnreachableError, UsageError
from doorstep_client.ssh_out.address import SshServer


def reason(server: SshServer, words: Sequence[str], status: int) -> DoorstepError:
    """The error for an ssh that ended with `status` and these last words."""
    text = "\n".join(words)
    for known in _REASONS:
        if found := re.search(known.pattern, text):
            return _error(known, server, found.groupdict().get("methods") or "", words)
    how = f"signal {-status}" if status < 0 else f"status {status}"
    said = f"; it said: {_last(words)}" if words else ""
    return UnreachableError(f"The SSH server {server.url} ended the session ({how}){said}")


def no_link(server: SshServer, words: Sequence[str], seconds: float) -> DoorstepError:
    """The error for a server that is there, and tells no link in time."""
    said = f"It said: {' | '.join(words)}" if words else "It said nothing"
    return UnreachableError(
        f"The SSH server {server.url} told no link within {seconds:.0f} s. {said}.\n"
        "If the link is there, say how to find it: ?url=REGULAR-EXPRESSION. If you know it, say it: "
        "?public=https://…. If it is a port that the server chooses: ?remote=0"
    )


class _Known(NamedTuple):
    """A reason by what ssh says of it. With a code it is the server's no; `usage` is the user's own."""

    pattern: str
    code: str
    message: str


_REASONS: Final = (
    _Known(
        r"HOST IDENTIFICATION HAS CHANGED|has changed and you have requested strict",
        "host-key-changed",
        "The SSH server {url} shows another key than it did before, so nothing was sent: somebody may stand "
        "between. If its operator says that the key is new: ssh-keygen -R {known_as}",
    ),
    _Known(
        r"Host key verification failed|host key is known for",
        "host-key-unknown",
        "The key of {url} is not known here, and your ssh configuration (StrictHostKeyChecking) trusts no "
        "new ones. Connect once by hand, and compare it: ssh {by_hand}",
    ),
    _Known(
        r"Permission denied(?: \((?P<methods>[\w,@.-]+)\))?|Too many authentication failures",
        "permission-denied",
        "The SSH server {url} does not let you in{takes}. Put a key that it knows into your agent (ssh-add) "
        "or your ssh configuration{as_whom}. For a password ssh can ask in a terminal only.",
    ),
    _Known(
        r"remote port forwarding failed|forwarding request failed",
        "forwarding-refused",
        "The SSH server {url} gives no port {remote} away: it is taken, or not allowed to you "
        "(AllowTcpForwarding, PermitListen). Ask for another one with ?remote=PORT, or for any: ?remote=0"
        "{said}",
    ),
    _Known(
        r"Bad configuration option|[Bb]ad owner or permissions|unknown option|terminating, \d+ bad"
        r"|(?:extra|missing) argument|Can't open user config file|usage: ssh",
        "usage",
        "ssh does not take its configuration: {last}",
    ),
    _Known(
        r"Could not resolve hostname", "", "The SSH server {url} cannot be reached: its name has no address"
    ),
    _Known(
        r"Connection (?:refused|reset|closed)|timed out|No route to host|unreachable"
        r"|kex_exchange_identification|banner exchange|Broken pipe|not responding",
        "",
        "The SSH server {url} cannot be reached: {last}",
    ),
)


def _error(known: _Known, server: SshServer, methods: str, words: Sequence[str]) -> DoorstepError:
    text = known.message.format(
        url=server.url,
        remote=server.remote or "at all",
        known_as=server.host if server.port in (None, 22) else f"'[{server.host}]:{server.port}'",
        by_hand=f"{f'-p {server.port} ' if server.port else ''}{server.destination}",
        takes=f" (it takes: {methods.replace(',', ', ')})" if methods else "",
        as_whom="" if server.user else f", or say as whom it knows you: ssh://USER@{server.host}",
        last=_last(words),
        said=_before(words, known.pattern),
    )
    if known.code == "usage":
        return UsageError(text)
    return RefusedError(known.code, text) if known.code else UnreachableError(text)


def _last(words: Sequence[str]) -> str:
    """The last that tells a reason: that the connection is over follows everything."""
    telling = [word for word in words if not _GOODBYE.match(word)] or words
    return _RECEIVED.sub("", telling[-1].removeprefix("ssh: ")) if telling else "nothing"


def _before(words: Sequence[str], pattern: str) -> str:
    """What the server said before ssh said this: its reason, if it gives one."""
    said = [word for word in words if not re.search(pattern, word) and not _GOODBYE.match(word)]
    return f"; it said: {said[-1]}" if said else ""


_GOODBYE: Final = re.compile(r"Disconnected from |Connection to .* closed|Killed by signal")
_RECEIVED: Final = re.compile(r"^Received disconnect from .*?: ?\d+: ")
"""How ssh begins what a server said when it ended the connection."""
