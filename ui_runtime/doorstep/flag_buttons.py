"""The Flag buttons of an `Interface`."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from doorstep.components.button import Button
from doorstep.components.layout import Row
from doorstep.errors import UsageError
from doorstep.flagging import CSVLogger, FlaggingCallback
from doorstep.request import Request
from doorstep.words import left_to_us

if TYPE_CHECKING:
    from doorstep.components.base import Component
    from doorstep.events.dependency import Dependency

Mode = Literal["never", "auto", "manual"]
Options = list[str] | list[tuple[str, str]] | None

FOLDER: Final = ".doorstep/flagged"


class FlagButtons:
    """What an interface offers to flag its samples with, and what flagging one does.

    `mode`: "manual" shows a button for each of `options` (labels, or labels with the value to write down),
    "auto" flags every run, "never" nothing. DOORSTEP_FLAGGING_MODE decides where the code does not.
    """

    def __init__(
        self, mode: str | None, options: Options, folder: str | Path, callback: FlaggingCallback | None
    ) -> None:
        self.mode = _checked_mode(mode)
        self.options = [each if isinstance(each, tuple) else (each, each) for each in options or ()]
        self.folder = Path(folder)
        self.callback = callback or CSVLogger()
        self._buttons: list[tuple[Button, str | None]] = []

    def lay_out(self) -> None:
        """Put the buttons where the `with` is open."""
        if self.mode != "manual":
            return
        with Row():
            self._buttons = [
                (Button(f"Flag as {label}", size="sm"), value) for label, value in self.options
            ] or [(left_to_us(Button("Flag", size="sm"), "value"), None)]

    def connect(self, run: Dependency, components: Sequence[Component]) -> None:
        """Flag the values of `components`: at a click, or after each `run`."""
        if self.mode == "never":
            return
        self.callback.setup(components, self.folder)
        if self.mode == "auto":
            run.success(self._flagged(None, quietly=True), components, None, **_ASIDE)
        for button, option in self._buttons:
            button.click(self._flagged(option), components, None, **_ASIDE)

    def _flagged(self, option: str | None, *, quietly: bool = False) -> Any:
        def flag(request: Request, *values: Any) -> None:
            from doorstep.toasts import Success

            self.callback.flag(list(values), option, request.username)
            if not quietly:
                Success("Thank you, it was written down.", duration=4, title="Flagged")

        return flag


_ASIDE: Final[Any] = {
    "preprocess": False,
    "queue": False,
    "show_progress": "hidden",
    "api_visibility": "undocumented",
}


def _checked_mode(mode: str | None) -> Mode:
    asked = mode or os.environ.get("DOORSTEP_FLAGGING_MODE") or os.environ.get("GRADIO_FLAGGING_MODE")
    match asked or "manual":
        case "never":
            return "never"
        case "auto":
            return "auto"
        case "manual":
            return "manual"
    raise UsageError(f'flagging_mode is "never", "auto" or "manual", not {asked!r}')
