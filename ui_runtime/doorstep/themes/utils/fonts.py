"""Font families. Nothing is fetched: a font that the visitor's machine has is used, else the next one."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_GENERIC = frozenset(
    {
        *("serif", "sans-serif", "monospace", "cursive", "fantasy", "system-ui", "math", "emoji"),
        *("ui-serif", "ui-sans-serif", "ui-monospace", "ui-rounded", "inherit"),
    }
)


class Font:
    """A font family by its name."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __str__(self) -> str:
        """As CSS writes it."""
        if self.name in _GENERIC:
            return self.name
        escaped = self.name.replace("\\", "\\\\").replace("'", "\\'")
        return f"'{escaped}'"

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Font) and self.name == other.name

    def __hash__(self) -> int:
        return hash(self.name)


class LocalFont(Font):
    """A font that is expected on the visitor's machine."""

    def __init__(self, name: str, weights: Iterable[int] = (400, 600)) -> None:
        super().__init__(name)
        self.weights = tuple(weights)


class GoogleFont(LocalFont):
    """A font of Google's collection, if the visitor's machine has it: a page of Doorstep asks no one else.

    To ship the font with the app, put its files beside it, serve them with `set_static_paths` and declare
    them with `@font-face` in `css=`.
    """


def as_font(font: Font | str) -> Font:
    return font if isinstance(font, Font) else Font(font)


def stack(fonts: Font | str | Iterable[Font | str]) -> list[Font]:
    """One font or several, the preferred one first."""
    given = [fonts] if isinstance(fonts, (Font, str)) else fonts
    return [as_font(each) for each in given]
