"""Doorstep: three lines wrap a Python function into a web page.

    import doorstep as ds

    ds.Interface(lambda name: f"Hello {name}!", "text", "text").launch()

Names load when they are first used: importing the package itself costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module as _import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from doorstep.blocks import Blocks as Blocks
    from doorstep.components.base import Component as Component
    from doorstep.components.button import Button as Button
    from doorstep.components.button import ClearButton as ClearButton
    from doorstep.components.checkbox import Checkbox as Checkbox
    from doorstep.components.dropdown import Dropdown as Dropdown
    from doorstep.components.image import Image as Image
    from doorstep.components.label import Label as Label
    from doorstep.components.layout import Column as Column
    from doorstep.components.layout import Group as Group
    from doorstep.components.layout import Row as Row
    from doorstep.components.markdown import Markdown as Markdown
    from doorstep.components.number import Number as Number
    from doorstep.components.radio import Radio as Radio
    from doorstep.components.slider import Slider as Slider
    from doorstep.components.textbox import TextArea as TextArea
    from doorstep.components.textbox import Textbox as Textbox
    from doorstep.errors import Error as Error
    from doorstep.interface import Interface as Interface

__version__ = "0.1.0"

NO_RELOAD = True
"""False while `doorstep app.py` runs a script again; `if ds.NO_RELOAD:` guards what is done once, such as
loading a model."""

MODULES: Final = {
    "Blocks": "blocks",
    "Button": "components.button",
    "Checkbox": "components.checkbox",
    "ClearButton": "components.button",
    "Column": "components.layout",
    "Component": "components.base",
    "Dropdown": "components.dropdown",
    "Error": "errors",
    "Group": "components.layout",
    "Image": "components.image",
    "Interface": "interface",
    "Label": "components.label",
    "Markdown": "components.markdown",
    "Number": "components.number",
    "Radio": "components.radio",
    "Row": "components.layout",
    "Slider": "components.slider",
    "TextArea": "components.textbox",
    "Textbox": "components.textbox",
}
"""Public name -> the module that has it. (For type checkers the same stands above.)"""

_PACKAGES: Final = frozenset({"components"})
"""Public modules and packages of this one."""

__all__ = sorted(MODULES)  # noqa: PLE0605  # a list of texts, though not written as one


def __getattr__(name: str) -> Any:
    if name in _PACKAGES:
        return _import_module(f"doorstep.{name}")
    if name not in MODULES:
        from doorstep.later import NAMES, missing_name

        if name in NAMES:
            raise missing_name(name, __all__)
        raise AttributeError(f"module 'doorstep' has no attribute {name!r}")
    value = globals()[name] = getattr(_import_module(f"doorstep.{MODULES[name]}"), name)
    return value


def __dir__() -> list[str]:
    return [*__all__, "__version__", *_PACKAGES]
