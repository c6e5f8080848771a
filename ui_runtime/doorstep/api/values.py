"""Parameters and returned values, as programs are told of them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import msgspec

from doorstep.api.filevalues import is_file_value
from doorstep.api.schemas import Schema, example

if TYPE_CHECKING:
    from doorstep.components.base import Component

NOTHING: Final = object()
"""A parameter that must be given."""

STAND_IN: Final = {"__type__": "default"}
"""What programs are told, and send, in the place of a default that is long or has files of the app."""
_LONG: Final = 2_000
"""Bytes of JSON."""

_FILES: Final = {
    **dict.fromkeys(("image", "annotated_image", "image_slider", "gallery"), "picture.png"),
    "audio": "sound.wav",
    "video": "video.mp4",
    "model3d": "model.glb",
}
"""What a file of the caller's may be called, by the component that takes it."""


@dataclass(frozen=True)
class Value:
    """One parameter or one returned value."""

    component: Component
    name: str
    label: str
    schema: Schema
    default: Any = NOTHING

    @property
    def component_name(self) -> str:
        return type(self.component).__name__

    @property
    def gradio_name(self) -> str:
        """What Gradio calls the component in its API: `Multimodaltextbox`."""
        return gradio_type(self.component.type).capitalize()

    @property
    def example(self) -> Any:
        """Something to try the parameter with. Files in it have the name of a file of the caller's."""
        own = getattr(self.component, "api_example", None)
        if callable(own):
            return own()
        return example(self.schema, _FILES.get(self.component.type, "file.txt"))

    @cached_property
    def told_default(self) -> Any:
        """The default, or what stands for it; `NOTHING` when there is none."""
        return STAND_IN if self.default is not NOTHING and _is_untold(self.default) else self.default

    @property
    def sample(self) -> Any:
        """What code gives for the parameter: its default, or an example where that says little."""
        default = self.told_default
        if default is NOTHING or default is STAND_IN:
            return self.example
        is_blank = isinstance(default, (dict, list)) and default == self.component.blank()
        return self.example if is_blank else default


def gradio_type(type_: str) -> str:
    """Gradio's word for a type of components: `multimodaltextbox`."""
    return type_.replace("_", "")


def _is_untold(default: Any) -> bool:
    """Whether programs could do nothing with it, or have to read much."""
    return _has_files(default) or len(msgspec.json.encode(default)) > _LONG


def _has_files(value: Any) -> bool:
    if isinstance(value, dict):
        return is_file_value(value) or any(map(_has_files, value.values()))
    return isinstance(value, (list, tuple)) and any(map(_has_files, value))
