"""Reads `requests.txt`: what is sent, and where Doorstep is known to be more lenient than others."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

FILE: Final = Path(__file__).with_name("requests.txt")
_LENIENT: Final = "More lenient"
_WORDS: Final = {
    "host": rb"Host: demo.localhost\r\n",
    "next": rb"GET /next HTTP/1.1\r\nHost: demo.localhost\r\n\r\n",
    "chunked": rb"POST / HTTP/1.1\r\nHost: demo.localhost\r\nTransfer-Encoding: chunked\r\n\r\n",
}
_WORD: Final = re.compile(rb"\{(host|next|chunked)\}")
_TIMES: Final = re.compile(rb"\{([^{}]+)\*([0-9]+)\}")
_ESCAPE: Final = re.compile(rb"\\(x[0-9a-fA-F]{2}|[rnt0\\])")
_PLAIN: Final = {b"r": b"\r", b"n": b"\n", b"t": b"\t", b"0": b"\0", b"\\": b"\\"}


@dataclass(frozen=True)
class Case:
    """What a visitor sends."""

    name: str
    sent: bytes


def cases() -> list[Case]:
    """Every case of the file."""
    return [Case(row[0], _bytes(row[1])) for heading, row in _rows() if not heading.startswith(_LENIENT)]


def lenient() -> dict[str, str]:
    """The cases that Doorstep forwards and another proxy refuses, with the reason."""
    return {row[0]: row[2] for heading, row in _rows() if heading.startswith(_LENIENT)}


def _rows() -> list[tuple[str, list[str]]]:
    rows, heading = [], ""
    for line in FILE.read_text(encoding="ascii").splitlines():
        if line.startswith("== "):
            heading = line[3:]
        elif line and not line.startswith("#"):
            name, _, rest = line.partition("|")
            if heading.startswith(_LENIENT):
                row = [name.strip(), *(cell.strip() for cell in rest.split("|"))]
            else:
                row = [name.strip(), rest.removeprefix(" ")]
            rows.append((heading, row))
    return rows


def _bytes(written: str) -> bytes:
    told = _WORD.sub(lambda found: _WORDS[found[1].decode()], written.encode("ascii"))
    told = _TIMES.sub(lambda found: found[1] * int(found[2]), told)
    return _ESCAPE.sub(
        lambda found: _PLAIN[found[1]] if found[1] in _PLAIN else bytes([int(found[1][1:], 16)]), told
    )
