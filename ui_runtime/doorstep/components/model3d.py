"""A model in three dimensions: turned, moved and zoomed by the visitor."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar, Final, Literal, Unpack

from doorstep.components.arguments import check_number, check_option
from doorstep.components.base import Component, ComponentProps, Files
from doorstep.errors import FileRefusedError, UsageError
from doorstep.events.listener import EventListener
from doorstep.later import note

KINDS: Final = (".glb", ".gltf", ".obj", ".ply", ".splat", ".stl")
"""The kinds of files that the page can show, by the ends of their names."""

MODES: Final = ("solid", "point_cloud", "wireframe")

Angle = int | float | None


class Model3D(Component):
    """Passes the path of a file of one of `KINDS`; shows one, given by its path.

    `camera_position` is (alpha, beta, radius): the angles along the equator and from the pole in degrees,
    and the distance from the model's centre. `clear_color` is the background: red, green, blue and alpha,
    each from 0 to 1.
    """

    type: ClassVar[str] = "model3d"
    heavy: ClassVar[bool] = True
    PROPS: ClassVar = ("display_mode", "clear_color", "camera_position", "zoom_speed", "pan_speed", "height")

    change = EventListener()
    upload = EventListener()
    edit = EventListener()
    clear = EventListener()

    def __init__(
        self,
        value: str | Path | Callable[[], Any] | None = None,
        *,
        display_mode: Literal["solid", "point_cloud", "wireframe"] | None = None,
        clear_color: tuple[float, float, float, float] | None = None,
        camera_position: tuple[Angle, Angle, Angle] = (None, None, None),
        zoom_speed: float = 1,
        pan_speed: float = 1,
        height: int | str | None = None,
        buttons: list[Any] | None = None,
        **common: Unpack[ComponentProps],
    ) -> None:
        check_option(
            "Model3D", "display_mode", display_mode or "solid", ("solid", "point_cloud", "wireframe")
        )
        self.display_mode = display_mode
        self.clear_color = _numbers("clear_color", clear_color, 4) or [0, 0, 0, 0]
        self.camera_position = _numbers("camera_position", camera_position, 3) or [None, None, None]
        self.zoom_speed = _speed("zoom_speed", zoom_speed)
        self.pan_speed = _speed("pan_speed", pan_speed)
        self.height = height
        if buttons:
            note("Model3D: buttons=… does nothing yet; put them beside it")
        super().__init__(value, **common)

    def preprocess(self, wire: Any, files: Files) -> str | None:
        if wire is None:
            return None
        try:
            path = files.path_of(wire)
        except FileRefusedError as error:
            raise FileRefusedError(f"{self.title}: {error}", self.id) from None
        if path.suffix.lower() not in KINDS:
            raise self.refuse(f"{path.name} is none of {', '.join(KINDS)}")
        return str(path)

    def postprocess(self, value: Any, files: Files) -> dict[str, Any] | None:
        if value is None:
            return None
        if not isinstance(value, (str, Path)):
            raise TypeError(f"a Model3D shows the path of a file, not {type(value).__name__}")
        if not str(value).lower().split("?")[0].endswith(KINDS):
            raise ValueError(f"{str(value)!r} is none of {', '.join(KINDS)}")
        if isinstance(value, str) and value.startswith(("http://", "https://")):
            raise ValueError("pages fetch no models from the web: download the file and show that")
        return files.add(Path(value))

    def api_info(self) -> dict[str, Any]:
        return {
            "type": "object",
            "properties": {"path": {"type": "string"}, "meta": {"const": {"_type": "gradio.FileData"}}},
            "required": ["path"],
        }


def _numbers(parameter: str, given: Any, count: int) -> list[Any] | None:
    if given is None:
        return None
    if not isinstance(given, (tuple, list)) or len(given) != count:
        raise UsageError(f"Model3D: {parameter}={given!r} is not {count} numbers")
    for each in given:
        check_number("Model3D", parameter, each)
    return list(given)


def _speed(parameter: str, given: Any) -> float:
    check_number("Model3D", parameter, given)
    if given is None or given <= 0:
        raise UsageError(f"Model3D: {parameter}={given!r} is not a number over 0")
    return float(given)
