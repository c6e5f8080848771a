"""The repository as a stranger gets it: what git tracks."""

from __future__ import annotations

import subprocess
from contextlib import suppress
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def tracked_files() -> list[Path]:
    """Every tracked file that is still there, in git's order."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True)
    return [path for name in listed.stdout.split("\0") if name and (path := ROOT / name).is_file()]


def tracked_texts() -> dict[str, str]:
    """Path and text of every tracked file that somebody wrote; what fuzzing found nobody did."""
    texts = {}
    for path in tracked_files():
        if path.is_relative_to(ROOT / "fuzz" / "corpus"):
            continue
        with suppress(UnicodeDecodeError):  # a picture
            texts[str(path.relative_to(ROOT))] = path.read_text(encoding="utf-8")
    return texts
