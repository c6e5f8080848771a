"""Where `doorstep inspect` finds the inspectors of this user's links: a file each, for nobody else."""

from __future__ import annotations

import contextlib
import os
import secrets
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from doorstep_client.settings import login_file

_ANSWERS_WITHIN: Final = 1.0


class Note:
    """The file of one inspector."""

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        self._path = folder(environment) / secrets.token_hex(8)

    def write(self, url: str) -> None:
        """A folder that cannot be written to costs only the listing."""
        with contextlib.suppress(OSError):
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(url)

    def remove(self) -> None:
        with contextlib.suppress(OSError):
            self._path.unlink(missing_ok=True)


def folder(environment: Mapping[str, str] = os.environ) -> Path:
    """Where a running inspector leaves its page's address."""
    return login_file(environment).parent / "inspectors"


def running(environment: Mapping[str, str] = os.environ) -> list[str]:
    """The pages that answer, the newest last. What a killed process left behind is cleared away."""
    found = []
    with contextlib.suppress(OSError):
        for path in sorted(folder(environment).iterdir(), key=lambda path: path.stat().st_mtime):
            url = path.read_text(encoding="utf-8")
            if _listens(url):
                found.append(url)
            else:
                path.unlink(missing_ok=True)
    return found


def _listens(url: str) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", urlsplit(url).port or 0), _ANSWERS_WITHIN):
            return True
    except (OSError, ValueError):
        return False
