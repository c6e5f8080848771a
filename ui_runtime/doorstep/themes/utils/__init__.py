"""What themes are made of: colours, sizes, fonts."""

from __future__ import annotations

from doorstep.themes.utils import colors, fonts, sizes

__all__ = ["colors", "fonts", "sizes"]
