"""Doorstep: three lines wrap a Python function into a web page.

    import doorstep as ds

    ds.Interface(lambda name: f"Hello {name}!", "text", "text").launch()

Names load when they are first used: importing the package itself costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module as _import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from doorstep.blocks import Blocks
    from doorstep.components.base import Component
    from doorstep.components.button import Button, ClearButton
    from doorstep.components.checkbox import Checkbox
    from doorstep.components.dropdown import Dropdown
    from doorstep.components.image import Image
    from doorstep.components.label import Label
    from doorstep.components.layout import Column, Group, Row
    from doorstep.components.markdown import Markdown
    from doorstep.components.number import Number
    from doorstep.components.radio import Radio
    from doorstep.components.slider import Slider
    from doorstep.components.textbox import TextArea, Textbox
    from doorstep.errors import Error
    from doorstep.interface import Interface

__version__ = "0.1.0"

__all__ = [
    "Blocks",
    "Button",
    "Checkbox",
    "ClearButton",
    "Column",
    "Component",
    "Dropdown",
    "Error",
    "Group",
    "Image",
    "Interface",
    "Label",
    "Markdown",
    "Number",
    "Radio",
    "Row",
    "Slider",
    "TextArea",
    "Textbox",
]

_MODULES = {"Blocks": "blocks", "Error": "errors", "Interface": "interface"}


def __getattr__(name: str) -> Any:
    if name == "components":
        return _import_module("doorstep.components")
    if name not in __all__:
        from doorstep.later import NAMES, missing_name

        if name in NAMES:
            raise missing_name(name, __all__)
        raise AttributeError(f"module 'doorstep' has no attribute {name!r}")
    module = _MODULES.get(name, "components")
    value = globals()[name] = getattr(_import_module(f"doorstep.{module}"), name)
    return value


def __dir__() -> list[str]:
    return [*__all__, "__version__", "components"]
