"""A folder of files as an ASGI app: `index.html` or a list, ranges, `ETag`, `HEAD`.

What is hidden stays hidden: a name that begins with a dot, at any depth, and whatever a symlink has outside
the folder, does not exist for visitors. Files are read anew for every request, so what is saved is seen.
"""

from __future__ import annotations

import asyncio
import os
import stat
import time
from contextlib import suppress
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs, quote, unquote_to_bytes

from starlette.responses import FileResponse, HTMLResponse, RedirectResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Message, Send

from doorstep_client.targets.base import Scope
from doorstep_client.targets.listing import Entry, Part, failure_page, list_page

INDEX: Final = "index.html"
ON_A_PAGE: Final = 1_000
"""Names that one page of a list shows: of each one its size and time are asked for."""
MOST_NAMES: Final = 50_000
"""Names of a folder that are read and sorted. Of a bigger one the rest is there, and in no list."""
_SETTLED: Final = 2.0
"""Seconds after which a folder's time of change tells the next change from the last one."""
_GUARDS: Final = {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-cache"}
_PAGE_GUARDS: Final = _GUARDS | {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'"}


class Folder:
    """The app."""

    def __init__(self, folder: Path) -> None:
        self._root = folder.resolve(strict=True)
        self._files = StaticFiles(directory=self._root)

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        if scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1000})
        elif scope["type"] == "http":
            answer = await asyncio.to_thread(self._answer, scope)
            with suppress(_OtherSizeError):
                await answer(scope, receive, send if scope["method"] == "HEAD" else promised(send))
        else:
            raise RuntimeError("a folder has no lifespan")

    def _answer(self, scope: Scope) -> Response:
        if scope["method"] not in ("GET", "HEAD"):
            return _failure(405, "These files can be read, nothing else.", {"Allow": "GET, HEAD"})
        try:
            return self._find(scope)
        except (FileNotFoundError, NotADirectoryError, ValueError):
            return _failure(404, "There is no such file here.")
        except PermissionError:
            return _failure(403, "This file may not be read.")
        except OSError:  # a name that is too long, a loop of symlinks
            return _failure(404, "There is no such file here.")

    def _find(self, scope: Scope) -> Response:
        raw: bytes = scope["raw_path"]
        path = self._resolve(os.fsdecode(unquote_to_bytes(raw)))
        if path.is_dir():
            return self._of_folder(path, raw, scope)
        return self._file(path, scope)

    def _resolve(self, asked: str) -> Path:
        """Where a path leads, symlinks followed. Raises `OSError` or `ValueError` for what is hidden."""
        names = [name for name in asked.split("/") if name]
        if any(is_hidden(name) for name in names):
            raise FileNotFoundError(asked)
        path = _real(self._root.joinpath(*names))
        if not path.is_relative_to(self._root) or self._is_hidden(path):
            raise FileNotFoundError(asked)
        if asked.endswith("/") and not path.is_dir():
            raise NotADirectoryError(asked)
        return path

    def _is_hidden(self, path: Path) -> bool:
        return any(is_hidden(name) for name in path.relative_to(self._root).parts)

    def _of_folder(self, path: Path, raw: bytes, scope: Scope) -> Response:
        if not raw.endswith(b"/"):  # relative links of the page would lead beside it
            query = b"?" + scope["query_string"] if scope["query_string"] else b""
            last = raw.rpartition(b"/")[2].decode("latin-1")
            return RedirectResponse(f"./{last}/{query.decode('latin-1')}", 308, _GUARDS)
        try:
            return self._file(self._resolve(self._shown(path) + INDEX), scope)
        except FileNotFoundError:
            return HTMLResponse(list_page(self._shown(path), self._part(path, scope)), headers=_PAGE_GUARDS)

    def _shown(self, path: Path) -> str:
        inside = path.relative_to(self._root).as_posix()
        return "/" if inside == "." else f"/{inside}/"

    def _file(self, path: Path, scope: Scope) -> Response:
        found = path.stat()
        if not stat.S_ISREG(found.st_mode):  # a pipe would be waited for
            raise FileNotFoundError(path)
        if not os.access(path, os.R_OK):
            raise PermissionError(path)
        answer = self._files.file_response(path, found, scope)
        answer.headers.update(_GUARDS)
        if isinstance(answer, FileResponse):
            answer.chunk_size = 256 * 1024  # each costs a hop to a thread
        return answer

    def _part(self, path: Path, scope: Scope) -> Part:
        """What one page of the folder's list shows."""
        names, is_whole = names_in(path)
        pages = max(1, -(-len(names) // ON_A_PAGE))
        page = min(_asked_page(scope), pages)
        first = (page - 1) * ON_A_PAGE
        shown = names[first : first + ON_A_PAGE]
        entries = [entry for name in shown if (entry := self._entry(path / name))]
        return Part(entries, page, pages, len(names), is_whole)

    def _entry(self, path: Path) -> Entry | None:
        """None for what visitors may not see. The folder that it is in is real already."""
        try:
            found = path.lstat()
            if stat.S_ISLNK(found.st_mode):
                real = _real(path)
                found = real.stat()
                if not real.is_relative_to(self._root) or self._is_hidden(real):
                    return None
        except OSError:
            return None
        is_folder = stat.S_ISDIR(found.st_mode)
        if not is_folder and not stat.S_ISREG(found.st_mode):
            return None
        link = quote(os.fsencode(path.name)) + ("/" if is_folder else "")
        return Entry(path.name, f"./{link}", is_folder, found.st_size, found.st_mtime)


def names_in(path: Path) -> tuple[list[str], bool]:
    """What a folder shows: folders first, then by name; and whether that is all of it.

    It is read again when it has changed, and, as long as that could not be told, every time.
    """
    changed = path.stat().st_mtime_ns
    if abs(time.time() - changed / 1e9) < _SETTLED:
        return _read_names(path)
    return _known_names(path, changed)


@lru_cache(maxsize=8)
def _known_names(path: Path, _changed: int) -> tuple[list[str], bool]:
    return _read_names(path)


def _read_names(path: Path) -> tuple[list[str], bool]:
    with os.scandir(path) as items:
        shown = (_place(item) for item in items if not is_hidden(item.name))
        found = sorted(islice(shown, MOST_NAMES))
        is_whole = next(shown, None) is None
    return [name for _, _, name in found], is_whole


def _place(item: os.DirEntry[str]) -> tuple[bool, str, str]:
    """By which a list is sorted. What cannot be told, a loop of symlinks, is no folder."""
    with suppress(OSError):
        return not item.is_dir(), item.name.casefold(), item.name
    return True, item.name.casefold(), item.name


def _asked_page(scope: Scope) -> int:
    """The number in `?page=2`; the first one for whatever is none."""
    asked = parse_qs(scope["query_string"].decode("latin-1")).get("page", [""])[0]
    return max(1, int(asked)) if asked.isdecimal() and len(asked) < 9 else 1


def promised(send: Send) -> Send:
    """A `send` for as many bytes as the head has promised: a file may grow or shrink while it is sent."""
    left = 0

    async def pass_on(message: Message) -> None:
        nonlocal left
        if message["type"] == "http.response.start":
            left = int(dict(message["headers"]).get(b"content-length", 0))
            await send(message)
            return
        body = message["body"][:left]
        left -= len(body)
        await send({**message, "body": body, "more_body": left > 0})
        if message.get("more_body", False) is not (left > 0):
            raise _OtherSizeError

    return pass_on


class _OtherSizeError(Exception):
    """What was promised is sent, or never will be: then the connection ends without it."""


def is_hidden(name: str) -> bool:
    """Also `..`: nobody climbs."""
    return name.startswith(".") or "\0" in name or (os.sep != "/" and os.sep in name)


def _real(path: Path) -> Path:
    """Without symlinks. `Path.resolve` raises `RuntimeError` for a loop, until Python 3.13."""
    return Path(os.path.realpath(path, strict=True))


def _failure(status: int, text: str, headers: dict[str, str] | None = None) -> Response:
    return HTMLResponse(failure_page(status, text), status, {**_PAGE_GUARDS, **(headers or {})})
