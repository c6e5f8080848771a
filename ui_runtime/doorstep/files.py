"""Files that visitors uploaded and that the app shows.

Every file belongs to one session (or to the app: then all may see it) and is known by an unguessable id.
What a page names is an id, never a path. What a function returns as a path is copied first, and only from
places that may be shown: see `Paths`. What is shown again to the same session is not copied again.
"""

from __future__ import annotations

import contextlib
import mimetypes
import os
import re
import secrets
import shutil
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import IO, Any, Final
from urllib.parse import quote

from doorstep.errors import FileRefusedError, NoRoomError, OutputError, UsageError
from doorstep.remote_files import fetch

MAX_FILES: Final = 1000
"""How many files one session may hold."""

MAX_SESSION_SIZE: Final = 2 << 30
"""Bytes of them together, unless `launch(max_session_size=…)` says otherwise."""

INLINE: Final = frozenset(
    {
        *("image/png", "image/jpeg", "image/gif", "image/webp", "image/avif", "image/bmp", "text/plain"),
        *("audio/mpeg", "audio/wav", "audio/x-wav", "audio/ogg", "audio/flac", "audio/aac", "audio/mp4"),
        *("video/mp4", "video/webm", "video/ogg", "video/quicktime"),
    }
)
"""Media that a browser may show at their own address; the rest is offered for download."""


@dataclass(frozen=True, slots=True)
class StoredFile:
    """One file in the store."""

    id: str
    owner: str | None
    """The session's id, or None for a file of the app."""
    path: Path
    name: str
    size: int
    made: float = field(default_factory=time.monotonic)
    """When it was complete."""
    address: str | None = None
    """Where in the web it is, until a function needs it (see `doorstep.remote_files`)."""

    @property
    def media_type(self) -> str:
        return mimetypes.guess_type(self.name)[0] or "application/octet-stream"

    def value(self) -> dict[str, Any]:
        """The file value that the page gets."""
        return {
            "path": self.id,
            "url": self.address or f"doorstep/file/{self.id}/{quote(self.name)}",
            "orig_name": self.name,
            "size": self.size if self.address is None else None,
            "mime_type": self.media_type,
            "meta": {"_type": "gradio.FileData"},
        }


_MEDIA: Final = Path(__file__).parent / "media_files"
"""What `doorstep.media` hands out."""

_static_paths: list[Path] = []


def set_static_paths(paths: str | Path | Iterable[str | Path]) -> None:
    """Let every app of this process serve these files and folders, as they are, at `/gradio_api/file=PATH`.

    For the pictures and styles of a page's own HTML, say. Everybody who may see the app may see all that is
    in them; hidden files and what `blocked_paths` names are left out.
    """
    given = [paths] if isinstance(paths, (str, Path)) else paths
    _static_paths[:] = [Path(each).expanduser().absolute() for each in given]


class Paths:
    """Which files of this machine the app may show: `allowed`, the working folder, the temporary folder.

    Hidden files of the working folder are not shown, and nothing under `blocked` is, whatever else is said.
    Folders are compared by what they are on disk, so letter case, links and `..` change nothing.
    """

    def __init__(self, allowed: Iterable[str | Path] = (), blocked: Iterable[str | Path] = ()) -> None:
        self.allowed = [Path(each).expanduser() for each in allowed]
        self.blocked = [Path(each).expanduser() for each in blocked]

    def check(self, path: Path) -> Path:
        """The real path. Raises `OutputError` for a file that is not there or not to be shown."""
        real = Path(os.path.realpath(path))
        if not real.is_file():
            raise OutputError(f"there is no file {str(path)!r}")
        if self._may_be_shown(real):
            return real
        raise OutputError(
            f"{str(path)!r} may not be shown: it is outside of the working and the temporary folder "
            "(or hidden); launch(allowed_paths=[…]) allows more folders"
        )

    def served(self, name: str) -> Path | None:
        """The file that a visitor may ask for by its path: one that is allowed or static, or nothing."""
        if "\0" in name or ":" in name.partition("/")[0] or name.startswith(("//", "\\")):
            return None
        try:
            real = Path(os.path.realpath(Path(name)))
            folders = [*self.allowed, *_static_paths]
            is_public = real.is_file() and any(_holds(folder, real) for folder in folders)
        except (OSError, ValueError):
            return None
        if not is_public or any(_holds(folder, real) for folder in self.blocked):
            return None
        return None if _is_hidden(real, folders) else real

    def _may_be_shown(self, real: Path) -> bool:
        if any(_holds(folder, real) for folder in self.blocked):
            return False
        shown = (*self.allowed, *_static_paths, Path(tempfile.gettempdir()), _MEDIA)
        if any(_holds(each, real) for each in shown):
            return True
        here = Path(os.path.realpath(Path.cwd()))
        return real.is_relative_to(here) and not any(
            part.startswith(".") for part in real.relative_to(here).parts
        )


def _holds(folder: Path, real: Path) -> bool:
    try:
        wanted = folder.stat()
    except OSError:
        return False
    return any(os.path.samestat(each.stat(), wanted) for each in (real, *real.parents))


def _is_hidden(real: Path, folders: list[Path]) -> bool:
    """Whether a name below the folder that allows it begins with a dot."""
    roots = [Path(os.path.realpath(each)) for each in folders]
    below = [real.relative_to(root).parts for root in roots if real.is_relative_to(root)]
    return bool(below) and all(any(part.startswith(".") for part in parts) for parts in below)


class FileStore:
    """All files of one running app, in one private folder that goes when the app does."""

    def __init__(self, paths: Paths | None = None, max_session_size: int = MAX_SESSION_SIZE) -> None:
        self.paths = paths or Paths()
        self.max_session_size = max_session_size
        self._root: Path | None = None
        self._lock = threading.Lock()
        self._files: dict[str, StoredFile] = {}
        self._counts: dict[str | None, int] = {}
        self._held: dict[str | None, int] = {}
        """Bytes by owner, those of uploads that are not complete among them."""
        self._known: dict[tuple[str | None, Any], str] = {}
        """The ids of what was shown, by whom it was shown to and what it is."""

    def of_session(self, session: str | None) -> SessionFiles:
        """The files as one session sees them; None is the app itself."""
        return SessionFiles(self, session)

    def get(self, file_id: str) -> StoredFile | None:
        return self._files.get(file_id)

    def reserve(self, owner: str | None, name: str) -> tuple[str, Path]:
        """A new id, and the path to write the bytes to. Raises `FileRefusedError` when there are too many."""
        with self._lock:
            if owner is not None and self._counts.get(owner, 0) >= MAX_FILES:
                raise FileRefusedError(f"this session holds {MAX_FILES} files already; reload the page")
            if self._root is None:
                self._root = Path(tempfile.mkdtemp(prefix="doorstep-"))
            self._counts[owner] = self._counts.get(owner, 0) + 1
        file_id = secrets.token_urlsafe(16)
        path = self._root / file_id / safe_name(name)
        try:
            path.parent.mkdir(mode=0o700)
        except OSError:
            self.drop(owner, path)
            raise
        return file_id, path

    def hold(self, owner: str | None, size: int) -> None:
        """So many more bytes are an owner's. Raises `NoRoomError` beyond what one session may hold."""
        with self._lock:
            held = self._held.get(owner, 0) + size
            if owner is not None and held > self.max_session_size:
                most = shown_size(self.max_session_size)
                raise NoRoomError(f"the files of one session may have {most} together; reload the page")
            self._held[owner] = held

    def release(self, owner: str | None, size: int) -> None:
        """So many bytes are not an owner's any more."""
        with self._lock:
            if owner in self._held:
                self._held[owner] = max(0, self._held[owner] - size)

    def create(self, owner: str | None, name: str) -> tuple[str, Path, IO[bytes]]:
        """As `reserve`, with the file open for writing, unbuffered. After an `OSError` nothing is kept."""
        file_id, path = self.reserve(owner, name)
        try:
            return file_id, path, path.open("xb", buffering=0)
        except OSError:
            self.drop(owner, path)
            raise

    def keep(self, file_id: str, owner: str | None, path: Path) -> StoredFile:
        """The file at a reserved path is complete."""
        stored = StoredFile(file_id, owner, path, path.name, path.stat().st_size)
        self._files[file_id] = stored
        return stored

    def keep_address(self, file_id: str, path: Path, address: str) -> StoredFile:
        """The file of the app at a reserved path is still in the web."""
        stored = StoredFile(file_id, None, path, path.name, 0, address=address)
        self._files[file_id] = stored
        return stored

    def drop(self, owner: str | None, path: Path) -> None:
        """The file at a reserved path is not wanted after all."""
        with self._lock:
            self._counts[owner] = self._counts.get(owner, 1) - 1
        shutil.rmtree(path.parent, ignore_errors=True)

    def remove(self, stored: StoredFile) -> None:
        """A complete file is not wanted any more."""
        if self._files.pop(stored.id, None) is not None:
            self.release(stored.owner, stored.size)
            self.drop(stored.owner, stored.path)

    def known(self, owner: str | None, key: Any) -> StoredFile | None:
        """The file that was noted under `key`, if it is still there."""
        return self._files.get(self._known.get((owner, key), ""))

    def at(self, owner: str | None, real: Path) -> StoredFile | None:
        """The file whose bytes are at `real`, if it is its owner's: such a file is shown as it is."""
        stored = self._files.get(real.parent.name)
        if stored is None or stored.owner != owner or os.path.realpath(stored.path) != str(real):
            return None
        return stored

    def note(self, stored: StoredFile, key: Any) -> None:
        """Find the file again by `key`, for its owner alone."""
        self._known[stored.owner, key] = stored.id

    def expire(self, age: float, of: str = "") -> int:
        """Delete what owners whose id begins with `of` hold for longer than `age` seconds; how many files."""
        oldest = time.monotonic() - age
        files = list(self._files.values())
        gone = [
            each
            for each in files
            if each.owner is not None and each.owner.startswith(of) and each.made < oldest
        ]
        for stored in gone:
            self.remove(stored)
        self._forget_known()
        return len(gone)

    def make_room_if_full(self, owner: str) -> None:
        """Delete an owner's oldest files, down to a half, when it holds as many or as much as it may."""
        most = self.max_session_size
        if self._counts.get(owner, 0) < MAX_FILES and self._held.get(owner, 0) < most * 3 // 4:
            return
        files = [each for each in list(self._files.values()) if each.owner == owner]
        left = len(files)
        for stored in files:
            if left <= MAX_FILES // 2 and self._held.get(owner, 0) <= most // 2:
                return
            self.remove(stored)
            left -= 1

    def hold_shown(self, owner: str | None, size: int) -> None:
        """As `hold`, for a file that is shown, once there is room for it.

        Of an owner who holds as many or as much as it may the oldest files that were shown are deleted, none
        that it uploaded: a page that is open for hours is shown more than that, and shows the latest.
        Raises `OutputError` when what it uploaded leaves no room.
        """
        self._make_room_for_shown(owner, size)
        try:
            self.hold(owner, size)
        except NoRoomError as error:
            raise OutputError(str(error)) from None

    def _make_room_for_shown(self, owner: str | None, size: int) -> None:
        is_full = self._held.get(owner, 0) + size > self.max_session_size
        if owner is None or (self._counts.get(owner, 0) < MAX_FILES and not is_full):
            return
        shown = {each for (holder, _), each in list(self._known.items()) if holder == owner}
        files = [each for each in list(self._files.values()) if each.owner == owner and each.id in shown]
        for number, stored in enumerate(files):
            is_full = self._held.get(owner, 0) + size > self.max_session_size
            if number >= max(1, len(files) // 4) and not is_full:
                break
            self.remove(stored)
        self._forget_known()

    def _forget_known(self) -> None:
        self._known = {key: each for key, each in self._known.items() if each in self._files}

    def forget(self, owner: str) -> list[Path]:
        """Take a session's files out of the store; the folders are for the caller to delete."""
        with self._lock:
            self._counts.pop(owner, None)
            self._held.pop(owner, None)
            gone = [stored for stored in self._files.values() if stored.owner == owner]
            for stored in gone:
                del self._files[stored.id]
            self._forget_known()
        return [stored.path.parent for stored in gone]

    def close(self) -> None:
        with self._lock:
            self._files.clear()
            self._known.clear()
            root, self._root = self._root, None
        if root is not None:
            shutil.rmtree(root, ignore_errors=True)


class SessionFiles:
    """The files of one session; components read and add files through it (`components.base.Files`)."""

    def __init__(self, store: FileStore, session: str | None) -> None:
        self._store = store
        self._session = session

    def path_of(self, file: Any) -> Path:
        """Where a file value's bytes are. Raises `FileRefusedError` for one that is not this session's."""
        file_id = file.get("path") if isinstance(file, dict) else None
        stored = self._store.get(file_id) if isinstance(file_id, str) else None
        if stored is None or stored.owner not in {None, self._session}:
            raise FileRefusedError("the file was neither uploaded nor shown in this session")
        if stored.address is not None:
            fetch(stored.address, stored.path)
        return stored.path

    def add(self, path: Path, name: str | None = None) -> dict[str, Any]:
        """Show a copy of a file. Raises `OutputError` when it is missing or not to be shown."""
        real = self._store.paths.check(path)
        mine = self._store.at(self._session, real)
        if mine is not None and name in {None, mine.name}:
            return mine.value()
        facts = real.stat()
        key = (real, name, facts.st_ino, facts.st_size, facts.st_mtime_ns)
        known = self._store.known(self._session, key)
        if known is not None:
            return known.value()
        with self._room(facts.st_size):
            file_id, target = self._store.reserve(self._session, name or real.name)
            shutil.copyfile(real, target)
            return self._kept(file_id, target, key)

    def add_bytes(self, data: bytes, name: str) -> dict[str, Any]:
        """Show these bytes as a file called `name`."""
        key = (blake2b(data, digest_size=16).digest(), name)
        known = self._store.known(self._session, key)
        if known is not None:
            return known.value()
        with self._room(len(data)):
            file_id, target = self._store.reserve(self._session, name)
            target.write_bytes(data)
            return self._kept(file_id, target, key)

    def add_empty(self, name: str) -> dict[str, Any]:
        """Show a file called `name` that is still to be written, at `path_of` it."""
        file_id, target = self._store.reserve(self._session, name)
        target.touch()
        return self._store.keep(file_id, self._session, target).value()

    def add_address(self, address: str, name: str) -> dict[str, Any]:
        """Show what is at an address in the web; functions can be given only what the app was made with."""
        if self._session is not None:
            return {"path": None, "url": address, "orig_name": name}
        known = self._store.known(None, address)
        if known is not None:
            return known.value()
        file_id, target = self._store.reserve(None, name)
        stored = self._store.keep_address(file_id, target, address)
        self._store.note(stored, address)
        return stored.value()

    @contextlib.contextmanager
    def _room(self, size: int) -> Iterator[None]:
        """Room for a file that is shown; not used after an error."""
        self._store.hold_shown(self._session, size)
        try:
            yield
        except BaseException:
            self._store.release(self._session, size)
            raise

    def _kept(self, file_id: str, target: Path, key: Any) -> dict[str, Any]:
        stored = self._store.keep(file_id, self._session, target)
        self._store.note(stored, key)
        return stored.value()


def safe_name(name: str) -> str:
    """A visitor's file name made harmless: no folders, no control characters, not hidden, not too long."""
    name = re.split(r"[/\\]", name)[-1]
    name = re.sub(r"[^\w.\- ]+", "_", name).strip(" .")
    stem, dot, suffix = name.rpartition(".")
    if not dot:
        stem, suffix = name, ""
    return f"{_cut(stem[:80], 160) or 'file'}{dot}{_cut(suffix[:16], 32)}"


def _cut(text: str, most: int) -> str:
    """At most so many bytes of it: a file system takes 255 for a name, and others are made of this one."""
    return text.encode("utf-8", "ignore")[:most].decode("utf-8", "ignore")


def checked_cache(delete_cache: Any) -> tuple[float, float] | None:
    """`delete_cache` as two numbers of seconds. Raises `UsageError` for anything else."""
    if delete_cache is None:
        return None
    is_pair = isinstance(delete_cache, (tuple, list)) and len(delete_cache) == 2
    if not is_pair or not all(isinstance(each, (int, float)) and each > 0 for each in delete_cache):
        raise UsageError(f"delete_cache is (how often, how old), both in seconds, not {delete_cache!r}")
    return float(delete_cache[0]), float(delete_cache[1])


def shown_size(size: int) -> str:
    """A number of bytes as people say it."""
    for unit, name in ((1 << 30, "GB"), (1 << 20, "MB"), (1 << 10, "KB")):
        if size >= unit:
            return f"{size / unit:.3g} {name}"
    return f"{size} bytes"


_UNITS: Final = {"b": 1, "kb": 1 << 10, "mb": 1 << 20, "gb": 1 << 30, "tb": 1 << 40}


def parse_size(size: int | str) -> int:
    """Bytes of `"5mb"` or of a plain number. Raises `ValueError` for anything else."""
    if isinstance(size, int):
        return size
    match = re.fullmatch(r"\s*(\d+)\s*([kmgt]?b)\s*", size.lower())
    if match is None:
        raise ValueError(f"a size is a number of bytes or text such as '5mb', not {size!r}")
    return int(match[1]) * _UNITS[match[2]]
