"""Files that an app was made with by their address in the web, such as an example picture.

The visitor's browser shows them from there. When a function needs one it is fetched, once: of the app's own
alone. An address that a function returns may be a visitor's, and whoever may name addresses could make the
app's computer ask any server that it can reach.
"""

from __future__ import annotations

import threading
from typing import IO, TYPE_CHECKING, Final
from urllib.parse import unquote, urlsplit

from doorstep.errors import FileRefusedError

if TYPE_CHECKING:
    from pathlib import Path

MAX_BYTES: Final = 200 << 20
SECONDS: Final = 20.0
"""How long the other server may be silent."""
_PIECE: Final = 1 << 16
_lock = threading.Lock()


def is_address(value: object) -> bool:
    """Whether it is an address in the web."""
    return isinstance(value, str) and value.startswith(("http://", "https://"))


def name_of(address: str) -> str:
    """What the file at an address is called."""
    return unquote(urlsplit(address).path.rstrip("/").rpartition("/")[2]) or "file"


def fetch(address: str, target: Path) -> None:
    """Put the file at `address` to `target`, unless it is there. Raises `FileRefusedError`."""
    with _lock:
        if target.exists():
            return
        part = target.with_name(f"{target.name}.part")
        _get(address, part)
        part.replace(target)


def _get(address: str, target: Path) -> None:
    # Most apps never need them.
    from http.client import HTTPException
    from urllib.request import Request, urlopen

    asking = Request(address, headers={"User-Agent": "doorstep"})  # noqa: S310  # http alone, see `is_address`
    try:
        with urlopen(asking, timeout=SECONDS) as answer, target.open("wb") as file:  # noqa: S310  # the same
            _copy(answer, file, address)
    except (OSError, HTTPException, ValueError) as error:
        raise FileRefusedError(f"the app could not get {address}: {error}") from None


def _copy(answer: IO[bytes], file: IO[bytes], address: str) -> None:
    left = MAX_BYTES
    while piece := answer.read(_PIECE):
        left -= len(piece)
        if left < 0:
            raise FileRefusedError(f"{address} is bigger than {MAX_BYTES >> 20} MB")
        file.write(piece)
