"""A folder of files as an ASGI app: `index.html` or a list, ranges, `ETag`, `HEAD`.

What is hidden stays hidden: a name that begins with a dot, at any depth, and whatever a symlink has outside
the folder, does not exist for visitors. Files are read anew for every request, so what is saved is seen.
"""

from __future__ import annotations

import asyncio
import os
import stat
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, unquote_to_bytes

from starlette.responses import FileResponse, HTMLResponse, RedirectResponse, Response
from starlette.staticfiles import StaticFiles

from doorstep_client.targets.base import Scope
from doorstep_client.targets.listing import Entry, failure_page, list_page

INDEX: Final = "index.html"
MOST_ENTRIES: Final = 5_000
"""Names that one list shows."""
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
            await answer(scope, receive, send)
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
            entries, more = self._entries(path)
            return HTMLResponse(list_page(self._shown(path), entries, more), headers=_PAGE_GUARDS)

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

    def _entries(self, path: Path) -> tuple[list[Entry], bool]:
        """What the folder shows: folders first, then by name; and whether there is more than that."""
        with os.scandir(path) as found:
            names = [name for item in found if not is_hidden(name := item.name)]
        names.sort(key=lambda name: (name.casefold(), name))
        entries = [entry for name in names[:MOST_ENTRIES] if (entry := self._entry(path / name))]
        return sorted(entries, key=lambda entry: not entry.is_folder), len(names) > MOST_ENTRIES

    def _entry(self, path: Path) -> Entry | None:
        try:
            real = _real(path)
            found = real.stat()
        except OSError:
            return None
        if not real.is_relative_to(self._root) or self._is_hidden(real):
            return None
        is_folder = stat.S_ISDIR(found.st_mode)
        if not is_folder and not stat.S_ISREG(found.st_mode):
            return None
        link = quote(os.fsencode(path.name)) + ("/" if is_folder else "")
        return Entry(path.name, f"./{link}", is_folder, found.st_size, found.st_mtime)


def is_hidden(name: str) -> bool:
    """Also `..`: nobody climbs."""
    return name.startswith(".") or "\0" in name or (os.sep != "/" and os.sep in name)


def _real(path: Path) -> Path:
    """Without symlinks. `Path.resolve` raises `RuntimeError` for a loop, until Python 3.13."""
    return Path(os.path.realpath(path, strict=True))


def _failure(status: int, text: str, headers: dict[str, str] | None = None) -> Response:
    return HTMLResponse(failure_page(status, text), status, {**_PAGE_GUARDS, **(headers or {})})
