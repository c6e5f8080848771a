"""Uploads: multipart bodies streamed to disk, within their limits, never held in memory."""

from __future__ import annotations

import asyncio
import errno
import tempfile
from collections import OrderedDict
from typing import IO, TYPE_CHECKING, Any, Final

from doorstep.bodies import PATIENCE, moving
from doorstep.errors import FileRefusedError, FileTooBigError, NoRoomError, RefusedError
from doorstep.multipart import MultipartError, MultipartParser, Part
from doorstep.report import print_line

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from doorstep.files import FileStore, StoredFile

MAX_PARTS: Final = 100
WRITE_SIZE: Final = 1 << 20
"""Bytes that are written at once, in a thread."""
MAX_WATCHED: Final = 1000
"""Uploads whose progress can be asked for, all programs together."""
_NO_ROOM: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


class Upload:
    """One multipart request of a session. `files` holds what is complete.

    While one piece is written, in a thread, the next one is received.
    """

    def __init__(
        self,
        store: FileStore,
        session: str,
        max_file_size: int,
        told: Callable[[str, int], None] | None = None,
        *,
        patience: float = PATIENCE,
    ) -> None:
        """`told` is called with a file's name and how many bytes of it came."""
        self.files: list[StoredFile] = []
        self._store = store
        self._session = session
        self._max_file_size = max_file_size
        self._told = told
        self._patience = patience
        self._parts = 0
        self._name = ""
        self._size = 0
        self._held = 0
        """Bytes of the file that is open."""
        self._open: tuple[str, Path, IO[bytes]] | None = None
        self._pending: list[bytes | memoryview] = []
        self._pending_size = 0
        self._writing: asyncio.Future[None] | None = None

    async def receive(self, content_type: str, body: AsyncIterator[bytes]) -> list[StoredFile]:
        """Take the whole body. Raises `RefusedError`, and keeps nothing then."""
        try:
            parser = MultipartParser(content_type)
            async for chunk in moving(body, self._patience):
                for event in parser.feed(chunk):
                    await self._take(event)
                if self._pending_size >= WRITE_SIZE:
                    await self._write()
            if not parser.is_complete:
                raise RefusedError("the upload ended too early")
        except BaseException as error:  # noqa: BLE001  # a visitor who leaves (a cancelled task) too
            await self._discard()
            raise _refusal_for(error) from None
        return self.files

    # -- what the parser finds -----------------------------------------------------------------

    async def _take(self, event: Any) -> None:
        if type(event) is memoryview:
            self._content(event)
        elif isinstance(event, Part):
            self._begin(event)
        elif event == "part":
            await self._finish_part()

    def _begin(self, part: Part) -> None:
        self._parts += 1
        if self._parts > MAX_PARTS:
            raise FileRefusedError(f"at most {MAX_PARTS} files can be uploaded at once")
        if part.name != "files" or part.filename is None:
            raise RefusedError("an upload holds files, in fields named `files`")
        self._name = part.filename
        self._size = 0
        self._open = self._store.create(self._session, self._name)

    def _content(self, piece: memoryview) -> None:
        size = len(piece)
        self._size += size
        if self._size > self._max_file_size:
            limit = f"{self._max_file_size:,}"
            raise FileTooBigError(f"{self._name} is too big: at most {limit} bytes are allowed")
        self._store.hold(self._session, size)
        self._held += size
        self._pending.append(piece)
        self._pending_size += size
        if self._told is not None:
            self._told(self._name, size)

    async def _finish_part(self) -> None:
        if self._open is None:
            return
        if self._writing is None and self._pending_size < WRITE_SIZE:  # a small file is not worth a thread
            _write_pieces(self._open[2], self._taken())
        else:
            await self._write()
            await self._written()
        file_id, path, file = self._open
        file.close()
        self._open = None
        self._held = 0
        self.files.append(self._store.keep(file_id, self._session, path))

    # -- disk ----------------------------------------------------------------------------------

    async def _write(self) -> None:
        """Begin to write what is pending, once what was before it is written."""
        await self._written()
        if self._open is not None and self._pending:
            loop = asyncio.get_running_loop()
            self._writing = loop.run_in_executor(None, _write_pieces, self._open[2], self._taken())

    async def _written(self) -> None:
        writing, self._writing = self._writing, None
        if writing is not None:
            await writing

    def _taken(self) -> list[bytes | memoryview]:
        pieces, self._pending, self._pending_size = self._pending, [], 0
        return pieces

    async def _discard(self) -> None:
        if self._writing is not None:
            await asyncio.wait((self._writing,))
            self._writing.exception()
        if self._open is not None:
            _, path, file = self._open
            file.close()
            self._store.release(self._session, self._held)
            self._store.drop(self._session, path)
        for stored in self.files:
            self._store.remove(stored)


class Progress:
    """How far uploads are, for programs that ask by an id of their own: `upload_progress?upload_id=…`."""

    def __init__(self) -> None:
        self._watched: OrderedDict[str, list[tuple[str, int]]] = OrderedDict()
        self._over: set[str] = set()

    def begin(self, upload_id: str) -> Callable[[str, int], None]:
        """What the upload is to call as bytes come."""
        while len(self._watched) >= MAX_WATCHED:
            self._over.discard(self._watched.popitem(last=False)[0])
        steps = self._watched[upload_id] = []
        self._over.discard(upload_id)
        return lambda name, size: _add_step(steps, name, size)

    def end(self, upload_id: str) -> None:
        if upload_id in self._watched:
            self._over.add(upload_id)

    def take(self, upload_id: str) -> tuple[list[tuple[str, int]], bool]:
        """The new steps, (name, bytes) each, and whether it is over; one that is unknown is not begun yet."""
        steps = self._watched.get(upload_id, [])
        taken = list(steps)
        steps.clear()
        is_over = upload_id in self._over
        if is_over:
            self._watched.pop(upload_id, None)
            self._over.discard(upload_id)
        return taken, is_over


def _add_step(steps: list[tuple[str, int]], name: str, size: int) -> None:
    """One entry a file: how much of it came since it was asked for last."""
    if steps and steps[-1][0] == name:
        steps[-1] = (name, steps[-1][1] + size)
    else:
        steps.append((name, size))


def _refusal_for(error: BaseException) -> BaseException:
    if isinstance(error, MultipartError):
        return RefusedError(f"the upload is not well formed: {error}")
    if isinstance(error, OSError) and error.errno in _NO_ROOM:
        print_line(f"An upload was refused: there is no room in {tempfile.gettempdir()}.")
        return NoRoomError("the upload was not kept: the app's computer has no room for it")
    return error


def _write_pieces(file: IO[bytes], pieces: list[bytes | memoryview]) -> None:
    for piece in pieces:
        write_all(file, piece)


def write_all(file: IO[bytes], data: bytes | memoryview) -> None:
    """All of `data`: an unbuffered file may take a part of it, when the disk is nearly full for one."""
    rest = memoryview(data)
    while rest:
        rest = rest[file.write(rest) :]
