"""Uploads: multipart bodies streamed to disk, within their limits, never held in memory."""

from __future__ import annotations

import asyncio
import errno
from typing import IO, TYPE_CHECKING, Any, Final

from doorstep.errors import FileRefusedError, FileTooBigError, NoRoomError, RefusedError
from doorstep.files import StoredFile

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from doorstep.files import FileStore

MAX_PARTS: Final = 100
MAX_HEADER: Final = 8 * 1024
_WRITE_SIZE: Final = 1 << 20
_NO_ROOM: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


class Upload:
    """One multipart request of a session. `files` holds what is complete."""

    def __init__(self, store: FileStore, session: str, max_file_size: int) -> None:
        self.files: list[StoredFile] = []
        self._store = store
        self._session = session
        self._max_file_size = max_file_size
        self._parts = 0
        self._field = bytearray()
        self._value = bytearray()
        self._headers: dict[bytes, bytes] = {}
        self._header_size = 0
        self._name = ""
        self._size = 0
        self._open: tuple[str, Path, IO[bytes]] | None = None
        self._pending: list[bytes] = []
        self._pending_size = 0
        self._is_complete = False

    async def receive(self, content_type: str, body: AsyncIterator[bytes]) -> list[StoredFile]:
        """Take the whole body. Raises `RefusedError`, and keeps nothing then."""
        try:
            parser = self._parser(content_type)
            async for chunk in body:
                parser.write(chunk)
                if self._pending_size >= _WRITE_SIZE:
                    await asyncio.to_thread(self._flush)
            await asyncio.to_thread(self._flush)
            if not self._is_complete:
                raise RefusedError("the upload ended too early")
        except BaseException as error:
            self._discard()
            if isinstance(error, ValueError):  # the parser's errors: the body is not multipart
                raise RefusedError(f"the upload is not well formed: {error}") from None
            if isinstance(error, OSError) and error.errno in _NO_ROOM:
                raise NoRoomError("the upload was not kept: the app's computer has no room for it") from None
            raise
        return self.files

    def _parser(self, content_type: str) -> Any:
        from python_multipart.multipart import MultipartParser, parse_options_header

        kind, options = parse_options_header(content_type)
        if kind != b"multipart/form-data" or not options.get(b"boundary"):
            raise RefusedError("an upload is multipart/form-data")
        callbacks = {
            "on_part_begin": self._begin,
            "on_header_field": self._on_field,
            "on_header_value": self._on_value,
            "on_header_end": self._on_header,
            "on_headers_finished": self._on_headers,
            "on_part_data": self._on_data,
            "on_part_end": self._on_part_end,
            "on_end": self._on_end,
        }
        return MultipartParser(options[b"boundary"], callbacks)  # type: ignore[arg-type]

    # -- what the parser finds -----------------------------------------------------------------

    def _begin(self) -> None:
        self._parts += 1
        if self._parts > MAX_PARTS:
            raise FileRefusedError(f"at most {MAX_PARTS} files can be uploaded at once")
        self._headers = {}
        self._header_size = 0

    def _on_field(self, data: bytes, start: int, end: int) -> None:
        self._field += self._bounded(data, start, end)

    def _on_value(self, data: bytes, start: int, end: int) -> None:
        self._value += self._bounded(data, start, end)

    def _bounded(self, data: bytes, start: int, end: int) -> bytes:
        self._header_size += end - start
        if self._header_size > MAX_HEADER:
            raise RefusedError("the upload's headers are too long")
        return data[start:end]

    def _on_header(self) -> None:
        self._headers[bytes(self._field).lower()] = bytes(self._value)
        self._field.clear()
        self._value.clear()

    def _on_headers(self) -> None:
        from python_multipart.multipart import parse_options_header

        _, options = parse_options_header(self._headers.get(b"content-disposition", b""))
        if options.get(b"name") != b"files" or b"filename" not in options:
            raise RefusedError("an upload holds files, in fields named `files`")
        self._name = options[b"filename"].decode("utf-8", "replace")
        self._size = 0
        self._open = self._store.create(self._session, self._name)

    def _on_data(self, data: bytes, start: int, end: int) -> None:
        self._size += end - start
        if self._size > self._max_file_size:
            limit = f"{self._max_file_size:,}"
            raise FileTooBigError(f"{self._name} is too big: at most {limit} bytes are allowed")
        self._pending.append(data[start:end])
        self._pending_size += end - start

    def _on_part_end(self) -> None:
        self._flush()
        if self._open is not None:
            file_id, path, file = self._open
            file.close()
            self._open = None
            self.files.append(self._store.keep(file_id, self._session, path))

    def _on_end(self) -> None:
        self._is_complete = True

    # -- disk ----------------------------------------------------------------------------------

    def _flush(self) -> None:
        if self._open is not None:
            for data in self._pending:
                write_all(self._open[2], data)
        self._pending.clear()
        self._pending_size = 0

    def _discard(self) -> None:
        if self._open is not None:
            _, path, file = self._open
            file.close()
            self._store.drop(self._session, path)
        for stored in self.files:
            self._store.remove(stored)


def write_all(file: IO[bytes], data: bytes) -> None:
    """All of `data`: an unbuffered file may take a part of it, when the disk is nearly full for one."""
    rest = memoryview(data)
    while rest:
        rest = rest[file.write(rest) :]
