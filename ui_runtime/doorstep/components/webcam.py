"""How a camera is used by the components that take its pictures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from doorstep.errors import UsageError
from doorstep.later import note


@dataclass
class WebcamOptions:
    """`mirror`: people see themselves as in a mirror, and pictures are taken like that.

    `constraints` are those of the browser's `getUserMedia`: `{"video": {"width": 640}}`, or what would stand
    under `"video"` alone.
    """

    mirror: bool = True
    constraints: dict[str, Any] | None = None

    def props(self) -> dict[str, Any]:
        """What the page needs to know."""
        return {"mirror": self.mirror, "constraints": self.constraints}


def webcam_options(
    owner: str, given: Any, mirror_webcam: bool | None, webcam_constraints: dict[str, Any] | None
) -> WebcamOptions:
    """`given`, or what the older parameters say. Raises `UsageError` for anything else."""
    if given is not None and not isinstance(given, WebcamOptions):
        raise UsageError(f"{owner}: webcam_options={given!r} is not a WebcamOptions(…)")
    options = given or WebcamOptions()
    if mirror_webcam is not None:
        note(f"{owner}: `mirror_webcam` is now webcam_options=WebcamOptions(mirror={mirror_webcam})")
        options = WebcamOptions(mirror_webcam, options.constraints)
    if webcam_constraints is not None:
        note(f"{owner}: `webcam_constraints` is now webcam_options=WebcamOptions(constraints=…)")
        options = WebcamOptions(options.mirror, webcam_constraints)
    return options
