"""Reads what the user wants to share: an object, a number, a path or a word."""

from __future__ import annotations

import re
import socket
import stat
import sys
from collections.abc import Callable
from os import PathLike
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from doorstep_client.errors import BadTargetError, UsageError
from doorstep_client.targets.addresses import PORTS, Address, LocalPort, Remote, UnixSocket
from doorstep_client.targets.app import AppTarget
from doorstep_client.targets.apps import as_asgi
from doorstep_client.targets.base import AsgiApp, Target
from doorstep_client.targets.rewriting import Origin
from doorstep_client.targets.server import ServerTarget

Shareable = AsgiApp | Callable[..., Any] | int | str | PathLike[str]
"""What `share` takes."""

WHAT_TO_GIVE: Final = (
    "give an ASGI or WSGI app (the object, or 'module:app'), the port of a server on this computer, "
    "its URL or host:port, 'unix:PATH' for a socket, or a folder; `doorstep share app.py` runs a script"
)
TARGET, VISITOR = "target", "visitor"
_PORT: Final = re.compile(r":?([0-9]+)")
_PLACE: Final = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+):([0-9]+)")
_APP: Final = re.compile(r"[^\W\d][\w.]*:[^\W\d][\w.]*(\(\))?")
_HOST: Final = re.compile(r"[A-Za-z0-9._-]+(:[0-9]{1,5})?|\[[0-9A-Fa-f:.]+\](:[0-9]{1,5})?")


def make_target(
    target: Any, *, lifespan: bool = True, host: str | None = None, verify: bool = True
) -> Target:
    """The target for what the user gave; `share` tells what each argument means.

    Raises `BadTargetError` and `UsageError`.
    """
    if host is not None and not isinstance(host, str):
        raise UsageError(f"host is of the type {type(host).__name__}; give a string")
    found = _read(target)
    if not isinstance(found, Path | LocalPort | UnixSocket | Remote):
        _refuse_for_apps(host, verify)
        label = target if isinstance(target, str) else "app"
        return AppTarget(as_asgi(found), lifespan=lifespan, label=label)
    if isinstance(found, Path):
        from doorstep_client.targets.folder import Folder

        _refuse_for_apps(host, verify)
        return AppTarget(Folder(found), lifespan=False, label=str(found.resolve()))
    if isinstance(found, Remote) and found.tls and not verify:
        found = Remote(found.host, found.port, found.tls, verify=False)
    elif not verify:
        raise UsageError("verify=False is for https:// targets: there is no other certificate to check")
    return ServerTarget(found, _origin(found, host))


def _read(target: Any) -> Any:
    """An address, a folder's path, or an app."""
    if target is None or isinstance(target, bool | bytes):
        raise _cannot(target)
    if isinstance(target, int):
        return _port(target)
    if isinstance(target, str):
        return _read_word(target)
    if isinstance(target, PathLike):
        return _read_path(Path(target))
    if not callable(target):
        raise _cannot(target)
    return target


def _read_word(word: str) -> Any:
    if not word:
        raise _cannot(word)
    if match := _PORT.fullmatch(word):
        return _port(int(match[1]))
    if word.startswith("unix:"):
        return _socket(Path(word.removeprefix("unix:").removeprefix("//")))
    if "://" in word:
        return _read_url(word)
    if match := _PLACE.fullmatch(word):
        return _remote(match[1].strip("[]"), _port(int(match[2])).port)
    path = Path(word).expanduser()
    if path.exists():
        return _read_path(path)
    if _APP.fullmatch(word):
        from doorstep_client.targets.apps import load

        return load(word)
    raise _cannot(word)


def _read_url(url: str) -> Address:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise BadTargetError(f"{url!r} is no URL: {error}") from None
    if parts.scheme not in PORTS or not parts.hostname:
        raise BadTargetError(f"cannot share {url!r}: give an http:// or https:// URL")
    if "@" in parts.netloc:
        raise BadTargetError("A target's URL holds no user name or password: visitors bring their own")
    if parts.path not in ("", "/") or parts.query or parts.fragment:
        raise BadTargetError(
            f"cannot share {url!r}: a link has the paths of the whole server; "
            f"leave out {url.partition(parts.netloc)[2]!r}"
        )
    tls = parts.scheme == "https"
    return _remote(parts.hostname, PORTS[parts.scheme] if port is None else _port(port).port, tls)


def _remote(host: str, port: int, tls: bool = False) -> Address:
    """`localhost` is looked for on both loopback addresses, as for a port."""
    try:
        host.encode("idna")
    except UnicodeError:
        raise BadTargetError(f"{host[:80]!r} cannot be the name of a computer") from None
    return LocalPort(port) if host == "localhost" and not tls else Remote(host, port, tls)


def _port(number: int) -> LocalPort:
    if not 0 < number < 65536:
        raise BadTargetError(f"{number} is not a port: ports are numbers from 1 to 65535")
    return LocalPort(number)


def _read_path(path: Path) -> Path | UnixSocket:
    if path.is_dir():
        return path
    if path.is_socket():
        return _socket(path)
    if path.suffix == ".py":
        raise BadTargetError(
            f"{path} is a script: run it with `doorstep share {path}`, "
            "or name the app in it, as in 'module:app'"
        )
    if path.exists():
        raise BadTargetError(f"{path} is a file: share the folder that it is in")
    raise BadTargetError(f"there is no {path}; {WHAT_TO_GIVE}")


def _socket(path: Path) -> UnixSocket:
    if sys.platform == "win32" or not hasattr(socket, "AF_UNIX"):
        raise BadTargetError("UNIX sockets are not to be had on this computer")
    try:
        kind = path.stat().st_mode
    except OSError:
        return UnixSocket(str(path))  # its server may be on its way
    if not stat.S_ISSOCK(kind):
        raise BadTargetError(f"{path} is no socket")
    return UnixSocket(str(path))


def _origin(address: Address, host: str | None) -> Origin | None:
    """What the server is told to be; None to tell it what the visitor's browser says."""
    if host == VISITOR:
        return None
    if host is None or host == TARGET:
        return Origin(address.scheme, address.authority)
    if not _HOST.fullmatch(host):
        raise UsageError(f"host is {host!r}; give 'target', 'visitor' or a name like app.example:8080")
    return Origin(address.scheme, host)


def _refuse_for_apps(host: str | None, verify: bool) -> None:
    if host is not None or not verify:
        raise UsageError(
            "host and verify (--host, --no-verify) are for servers on a port, at a URL or behind a socket"
        )


def _cannot(target: object) -> BadTargetError:
    shown = repr(target)
    return BadTargetError(f"cannot share {shown[:80]}: {WHAT_TO_GIVE}")
