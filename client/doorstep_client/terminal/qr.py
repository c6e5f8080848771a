"""A link as a QR code of half-block signs: two modules above each other in one column of a line."""

from __future__ import annotations

import shutil
from typing import Final

from doorstep_client.terminal.ink import Ink, can_draw, find_ink

_BORDER: Final = 2
"""Modules around it. The standard asks for four; two are what phones need, and leave room for the rest."""
_SIGNS: Final = {(0, 0): " ", (1, 0): "▀", (0, 1): "▄", (1, 1): "█"}


def qr_lines(text: str, ink: Ink) -> list[str]:
    """The code, line by line.

    With colours it is black on white. Without, its light modules are drawn: on the dark background that
    most terminals have, or its dark ones where the background is known to be light.
    """
    rows = _modules(text)
    if not ink.colours and not ink.light:
        rows = [[1 - module for module in row] for row in rows]
    if len(rows) % 2:
        rows.append([0] * len(rows[0]))
    pairs = zip(rows[::2], rows[1::2], strict=True)
    return [ink.paper("".join(_SIGNS[pair] for pair in zip(*both, strict=True))) for both in pairs]


def show_code(text: str) -> None:
    """Print the code where standard output is a terminal that has room for it."""
    if not can_draw():
        return
    columns, lines = shutil.get_terminal_size()
    wide, high = qr_size(text)
    if wide < columns and high < lines:
        print(*qr_lines(text, find_ink()), sep="\n", flush=True)  # noqa: T201  # for the terminal


def qr_size(text: str) -> tuple[int, int]:
    """Its columns and lines."""
    side = len(_modules(text))
    return side, (side + 1) // 2


def _modules(text: str) -> list[list[int]]:
    import segno  # takes a tenth of a second

    code = segno.make_qr(text, error="l", boost_error=True)
    return [list(row) for row in code.matrix_iter(border=_BORDER)]
