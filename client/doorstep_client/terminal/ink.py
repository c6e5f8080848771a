"""What the terminal can show: signs, and colours as far as its user wants them (no-color.org)."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

_RESET: Final = "\x1b[0m"
_SIGNS: Final = "●◌○‖·…─▀▄█"
"""What the terminal's encoding must have."""


@dataclass(frozen=True, slots=True)
class Ink:
    """Puts colours around a text; without `colours` it leaves it as it is."""

    colours: bool = True
    many: bool = True
    """Whether the terminal has 256 colours: two of them are black and white under every theme."""
    light: bool = False
    """Whether its background is known to be light."""

    def bold(self, text: str) -> str:
        return self._in("1", text)

    def dim(self, text: str) -> str:
        return self._in("2", text)

    def good(self, text: str) -> str:
        return self._in("32", text)

    def odd(self, text: str) -> str:
        return self._in("33", text)

    def bad(self, text: str) -> str:
        return self._in("31", text)

    def calm(self, text: str) -> str:
        return self._in("36", text)

    def paper(self, text: str) -> str:
        """Black on white, whatever the terminal's own colours are."""
        return self._in("38;5;16;48;5;231" if self.many else "30;47", text)

    def _in(self, code: str, text: str) -> str:
        return f"\x1b[{code}m{text}{_RESET}" if self.colours and text else text


def find_ink(environment: Mapping[str, str] = os.environ) -> Ink:
    """The ink for this terminal."""
    term = environment.get("TERM", "")
    many = "256" in term or "direct" in term or bool(environment.get("COLORTERM"))
    background = environment.get("COLORFGBG", "").rpartition(";")[2]  # of rxvt and Konsole
    return Ink(not environment.get("NO_COLOR"), many, background in {"7", "15"})


def can_draw(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether standard output is a terminal whose cursor can be moved and that has our signs."""
    if sys.platform == "win32" or environment.get("TERM", "dumb") in ("", "dumb") or not sys.stdout.isatty():
        return False
    try:
        _SIGNS.encode(sys.stdout.encoding)
    except UnicodeEncodeError:
        return False
    return True
