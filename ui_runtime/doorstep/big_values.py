"""Values of a job that are too big for a message: the page uploads them as a file of JSON, and names that."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from doorstep.errors import FileRefusedError, RefusedError
from doorstep.files import shown_size

if TYPE_CHECKING:
    from doorstep.files import FileStore

MOST: Final = 64 << 20
"""Bytes of the values of one job."""


def read_values(store: FileStore, session: str, file_id: str) -> list[Any]:
    """The values in a file of this session, which is deleted. Raises `RefusedError`."""
    stored = store.get(file_id)
    if stored is None or stored.owner != session:
        raise FileRefusedError("the values were not uploaded in this session; please try again")
    try:
        if stored.size > MOST:
            raise RefusedError(f"the values are too big: at most {shown_size(MOST)} are taken at once")
        values: list[Any] = msgspec.json.decode(stored.path.read_bytes(), type=list[Any])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, OSError):
        raise RefusedError("the values cannot be read") from None
    finally:
        store.remove(stored)
    return values
