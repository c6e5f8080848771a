"""Whether this process develops a script: asked by `launch()` and by sessions, so it imports nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from doorstep.dev.stage import Stage

_stage: Stage | None = None

read_files: set[Path] = set()
"""Files beside the Python ones that the app was made of, such as its CSS: watched with them."""


def stage() -> Stage | None:
    """Where the apps of the script are shown that `doorstep app.py` runs; None in any other process."""
    return _stage


def set_stage(new: Stage | None) -> None:
    global _stage  # noqa: PLW0603  # one script a process
    _stage = new
