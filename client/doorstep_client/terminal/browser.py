"""Opens the link where the user sits, if there is a browser with a window of its own."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Mapping
from typing import Final

_DISPLAYS: Final = ("DISPLAY", "WAYLAND_DISPLAY", "WSL_DISTRO_NAME")


def open_in_browser(url: str) -> str:
    """Open it soon. Returns what to tell the user."""
    if not has_window():
        return "There is no browser on this computer that could be opened."
    import webbrowser

    threading.Thread(target=webbrowser.open, args=(url,), daemon=True).start()
    return "The link opens in the browser."


def has_window(environment: Mapping[str, str] = os.environ, platform: str = sys.platform) -> bool:
    """Whether a browser would get a window: one in the terminal would take that over."""
    return platform in ("darwin", "win32") or any(environment.get(name) for name in _DISPLAYS)
