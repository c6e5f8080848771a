"""Subtitles as the page shows them: a list of `{"start": seconds, "end": seconds, "text": words}`."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, Final

from doorstep.errors import UsageError

Cues = list[dict[str, Any]]

SUFFIXES: Final = (".srt", ".vtt", ".json")

_TIMES: Final = re.compile(r"(?:(\d+):)?(\d{1,2}):(\d{1,2})[.,](\d{1,3})")
_ARROW: Final = "-->"


def cues(owner: str, given: Any) -> Cues | None:
    """The cues of a file (srt, vtt or json) or of a list of `{"text", "timestamp": [start, end]}`.

    Raises `UsageError` for anything else.
    """
    if given is None:
        return None
    if isinstance(given, (str, Path)):
        return _of_file(owner, Path(given))
    return _of_list(owner, given)


def _of_file(owner: str, path: Path) -> Cues:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{owner}: subtitles {str(path)!r} cannot be read: {error}") from None
    if path.suffix.lower() == ".json":
        try:
            return _of_list(owner, json.loads(text))
        except json.JSONDecodeError as error:
            raise UsageError(f"{owner}: subtitles {str(path)!r} are no JSON: {error}") from None
    if path.suffix.lower() not in {".srt", ".vtt"}:
        raise UsageError(
            f"{owner}: subtitles are a file that ends with .srt, .vtt or .json, not {path.name!r}"
        )
    return list(_of_text(text))


def _of_text(text: str) -> Cues:
    """SubRip and WebVTT differ in the sign before the milliseconds, and in what stands around the cues."""
    found = []
    for block in re.split(r"\r?\n[ \t]*\r?\n", text.strip()):
        lines = block.splitlines()
        at = next((number for number, line in enumerate(lines) if _ARROW in line), None)
        times = [] if at is None else [_seconds(each) for each in _TIMES.finditer(lines[at])]
        if at is not None and len(times) >= 2:
            words = re.sub(r"</?[^>]+>", "", "\n".join(lines[at + 1 :])).strip()
            found.append(_cue(words, times[0], times[1]))
    return found


def _seconds(match: re.Match[str]) -> float:
    hours, minutes, seconds, rest = match.groups()
    return int(hours or 0) * 3600 + int(minutes) * 60 + int(seconds) + float(f"0.{rest}")


def _of_list(owner: str, given: Any) -> Cues:
    wanted = '{"text": words, "timestamp": [start, end]}, in seconds'
    if not isinstance(given, list):
        raise UsageError(f"{owner}: subtitles are a file's path or a list of {wanted}, not {given!r}")
    try:
        return [_cue(each["text"], *each["timestamp"]) for each in given]
    except (KeyError, TypeError, ValueError):
        raise UsageError(f"{owner}: each of the subtitles is {wanted}") from None


def _cue(text: Any, start: Any, end: Any) -> dict[str, Any]:
    return {"start": float(start), "end": float(end), "text": str(text)}
