"""Where ssh brings visitors: a UNIX socket that no other user may enter, or a loopback port."""

from __future__ import annotations

import asyncio
import re
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Final

from doorstep_client.targets import Target

_LONGEST: Final = 100
"""Bytes of a socket's path: systems allow 104 and more."""


class Doorway:
    """Serves a target for ssh. `address` is what stands behind `-R PORT:`."""

    def __init__(self, target: Target) -> None:
        self.address = ""
        self._target = target
        self._server: asyncio.Server | None = None
        self._folder: str | None = None

    async def open(self) -> None:
        """Listen. Raises `OSError`."""
        path = self._path()
        if path is not None:
            self._server = await asyncio.get_running_loop().create_unix_server(self._target.protocol, path)
            self.address = path
        else:
            self._server = await asyncio.get_running_loop().create_server(
                self._target.protocol, "127.0.0.1", 0
            )
            self.address = f"127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    def close(self) -> None:
        """Nobody comes in any more; who is inside is the target's."""
        if self._server is not None:
            self._server.close()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None

    def _path(self) -> str | None:
        """In a folder that only this user may enter; None where `-R` could not name it."""
        if sys.platform == "win32":
            return None
        self._folder = tempfile.mkdtemp(prefix="doorstep-")
        path = str(Path(self._folder) / "visitors")
        if len(path.encode()) <= _LONGEST and re.fullmatch(r"[\w/.-]+", path, re.ASCII):
            return path
        shutil.rmtree(self._folder)
        self._folder = None
        return None
