"""How a sound is shown: the options that Audio takes as one value."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

from doorstep.errors import UsageError


@dataclass
class WaveformOptions:
    """How a sound is drawn. Colours are CSS colours; None is the theme's.

    `skip_length` is the share of the sound, in percent, that the skip buttons jump; `sample_rate` is that of
    the sound after it was trimmed, in samples a second.
    """

    waveform_color: str | None = None
    waveform_progress_color: str | None = None
    trim_region_color: str | None = None
    show_recording_waveform: bool = True
    """False: the browser's own player, and no picture of what is recorded."""
    skip_length: int | float = 5
    sample_rate: int = 44100
    show_controls: bool = False
    """Show the browser's own player below the picture."""


def waveform_options(owner: str, given: Any) -> WaveformOptions:
    """`given` as options: some already, a dict of them, or None. Raises `UsageError` for anything else."""
    if isinstance(given, WaveformOptions):
        return given
    try:
        return WaveformOptions(**(given or {}))
    except TypeError:
        known = ", ".join(each.name for each in fields(WaveformOptions))
        raise UsageError(
            f"{owner}: waveform_options={given!r} is no WaveformOptions; it has {known}"
        ) from None
