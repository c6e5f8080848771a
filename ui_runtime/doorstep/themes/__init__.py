"""Themes: `launch(theme=themes.Soft())`, or `Blocks(theme="soft")`."""

from __future__ import annotations

from typing import NoReturn

from doorstep.errors import UsageError
from doorstep.themes.base import Base, ThemeClass
from doorstep.themes.named import Citrus, Default, Glass, Monochrome, Ocean, Origin, Soft
from doorstep.themes.utils import colors, fonts, sizes
from doorstep.themes.utils.colors import Color
from doorstep.themes.utils.fonts import Font, GoogleFont, LocalFont
from doorstep.themes.utils.sizes import Size

Theme = ThemeClass
"""The name that scripts know for loading one: `Theme.load("theme.json")`."""


def builder(*_args: object, **_options: object) -> NoReturn:
    """There is none; `theme.set(…)` and a reloading `doorstep app.py` show a change at once."""
    raise UsageError("there is no theme builder: theme.set(…) under `doorstep app.py` shows changes at once")


__all__ = [
    "Base",
    "Citrus",
    "Color",
    "Default",
    "Font",
    "Glass",
    "GoogleFont",
    "LocalFont",
    "Monochrome",
    "Ocean",
    "Origin",
    "Size",
    "Soft",
    "Theme",
    "ThemeClass",
    "builder",
    "colors",
    "fonts",
    "sizes",
]
