"""Two pictures laid over each other, with a line to move between them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal, Unpack

from doorstep.components import images
from doorstep.components.arguments import check_number, check_option
from doorstep.components.base import Component, ComponentProps, Files
from doorstep.components.image import checked_buttons
from doorstep.components.picture_values import IMAGE, PASSES, Passes, Passing, Showing, named
from doorstep.errors import UsageError
from doorstep.events.listener import EventListener

if TYPE_CHECKING:
    from collections.abc import Callable

    from doorstep.components.button import Button


class ImageSlider(Component):
    """Passes a pair of numpy arrays (height, width, 3), Pillow images or paths, by `type`.

    One that is missing is None, and so is the pair while there is neither. Shows a pair of arrays, Pillow
    images, paths or addresses, of one size. `slider_position` is where the line between them stands, in
    percent of the width from the left.
    """

    type: ClassVar[str] = "image_slider"
    PROPS: ClassVar = ("height", "width", "buttons", "slider_position", "max_height")
    heavy: ClassVar[bool] = True
    is_display: ClassVar[bool] = True

    clear = EventListener()
    change = EventListener()
    stream = EventListener()
    select = EventListener()
    upload = EventListener()
    input = EventListener()

    def __init__(
        self,
        value: tuple[Any, Any] | Callable[[], Any] | None = None,
        *,
        format: str = "webp",  # noqa: A002  # the public name
        height: int | str | None = None,
        width: int | str | None = None,
        image_mode: str | None = "RGB",
        type: Passes = "numpy",  # noqa: A002  # the public name
        buttons: list[Literal["download", "fullscreen"] | Button] | None = None,
        slider_position: float = 50,
        max_height: int = 500,
        **common: Unpack[ComponentProps],
    ) -> None:
        check_option("ImageSlider", "type", type, PASSES)
        check_number("ImageSlider", "slider_position", slider_position)
        if not 0 <= slider_position <= 100:
            raise UsageError(f"ImageSlider: slider_position={slider_position!r} is not from 0 to 100")
        self.format = format
        self.height = height
        self.width = width
        self.image_mode = image_mode
        self.buttons = checked_buttons("ImageSlider", buttons, ["download", "fullscreen"], {})
        self.slider_position = slider_position
        self.max_height = max_height
        self.passes = Passing(type, image_mode)
        super().__init__(value, **common)

    def check_needs(self, *, is_read: bool) -> None:
        images.check_installed(arrays=is_read and self.passes.type == "numpy")

    def preprocess(self, wire: Any, files: Files) -> tuple[Any, Any] | None:
        if wire is None:
            return None
        if not isinstance(wire, list) or len(wire) != 2:
            raise self.refuse_kind("two pictures", wire)
        if wire == [None, None]:
            return None
        with named(self):
            first, second = (None if each is None else self.passes.of(each, files) for each in wire)
        return first, second

    def postprocess(self, value: Any, files: Files) -> list[dict[str, Any] | None] | None:
        if value is None:
            return None
        if not isinstance(value, (tuple, list)) or len(value) != 2:
            raise TypeError("an ImageSlider shows a pair of pictures")
        showing = Showing(self.format)
        return [None if each is None else showing.of(each, files) for each in value]

    def api_info(self) -> dict[str, Any]:
        picture = {"anyOf": [IMAGE, {"type": "null"}]}
        pair = {"type": "array", "prefixItems": [picture, picture], "minItems": 2, "maxItems": 2}
        return {"anyOf": [pair, {"type": "null"}]}
