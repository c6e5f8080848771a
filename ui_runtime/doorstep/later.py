"""What people know from Gradio and this version does not do yet: said, rather than a bare `TypeError`.

A parameter of these tables is taken with a warning; one of no table is a mistake, and an error.
"""

from __future__ import annotations

import sys
import warnings
from contextvars import ContextVar
from pathlib import Path
from typing import Any, Final

BLOCKS: Final = frozenset[str]()
BLOCK: Final = frozenset(
    {
        *("buttons", "show_copy_button", "show_download_button", "show_fullscreen_button"),
        *("show_share_button", "show_reset_button", "streaming", "webcam_options", "mirror_webcam"),
        *("watermark", "placeholder", "latex_delimiters", "sanitize_html", "show_progress", "load_fn"),
        *("api_name", "api_visibility", "rtl", "shape", "source", "tool", "invert_colors", "optional"),
        *("brush_radius", "brush_color", "requires_permissions", "link", "info", "attach_load_event"),
    }
)
INTERFACE: Final = frozenset(
    {
        *("allow_duplication", "layout", "show_input", "show_output", "interpretation"),
        *("num_shap", "thumbnail", "enable_queue", "allow_screenshot", "capture_session", "show_tips"),
        *("verbose", "encrypt", "server_name", "server_port", "_api_mode"),
    }
)
LAUNCH: Final = frozenset(
    {
        *("run_history", "app_kwargs", "mcp_server", "pwa", "show_tips", "enable_queue"),
        "encrypt",
        *("node_server_name", "node_port", "num_workers", "enable_monitoring", "ssr_mode"),
        *("ssl_keyfile", "ssl_certfile", "ssl_keyfile_password", "ssl_verify"),
        *("share_server_address", "share_server_protocol", "share_server_tls_certificate", "strict_cors"),
        *("file_directories", "max_size", "_frontend", "_app"),
    }
)
MOUNT: Final = LAUNCH
QUEUE: Final = frozenset(
    {
        *("status_update_rate", "api_open", "concurrency_count", "default_enabled", "live_updates"),
        *("client_position_to_load_data", "update_interval"),
    }
)

_INSTEAD: Final = {
    "show_copy_button": 'buttons=["copy"]',
    "show_download_button": 'buttons=["download"]',
    "show_fullscreen_button": 'buttons=["fullscreen"]',
    "show_reset_button": 'buttons=["reset"]',
}

NAMES: Final = frozenset(
    {
        "Carousel",
        "FileData",
        "FileSize",
        "Header",
        "Mix",
        "OAuthProfile",
        "OAuthToken",
        "Parallel",
        "Series",
        "Server",
        "cache",
        "deploy",
        "flagging",
        "load",
        "load_chat",
        "mcp",
        "routes",
        "templates",
        "utils",
        "validators",
    }
)
"""Public names that scripts use and that this version does not have."""

_OURS: Final = str(Path(__file__).parent)

is_silent: ContextVar[bool] = ContextVar("doorstep_silent", default=False)
"""Set while a block is made once more, for an update: what there is to say was said the first time."""


def note(message: str) -> None:
    """Warn, at the developer's own line: the innermost frame outside of this package."""
    if is_silent.get():
        return
    level, frame = 1, sys._getframe()  # noqa: SLF001  # the documented way to a caller's frame
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_OURS):
        level, frame = level + 1, frame.f_back
    warnings.warn(message, stacklevel=level)


def note_unsupported(owner: str, known: frozenset[str], given: dict[str, Any]) -> None:
    """Warn of `given` parameters that do nothing yet. Raises `TypeError` for one that nobody knows."""
    for name, value in given.items():
        if name not in known:
            raise TypeError(f"{owner}() got an unexpected keyword argument {name!r}")
        if value is None or value is False:
            continue
        instead = f" (there is {_INSTEAD[name]})" if name in _INSTEAD else ""
        note(f"{owner}: `{name}` does nothing yet in this version of Doorstep{instead}")


def missing_name(name: str, there: list[str]) -> AttributeError:
    """The answer to a name of `NAMES`."""
    message = f"doorstep.{name} is not in this version of Doorstep yet; what is: {', '.join(there)}"
    # With an `obj` of its own Python looks for no similar name, which here would be a wrong one.
    return AttributeError(message, name=name, obj=None)
