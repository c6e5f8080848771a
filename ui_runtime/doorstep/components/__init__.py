"""The components, each in its own module; loaded when its name is first used."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, Final

import doorstep
from doorstep.errors import UsageError

if TYPE_CHECKING:
    from doorstep.components.base import Component

_HERE: Final = "components."

MODULES: Final = {
    name: module.removeprefix(_HERE) for name, module in doorstep.MODULES.items() if module.startswith(_HERE)
}
"""Public name -> module of this package."""

_NO_WORDS: Final = frozenset(
    {
        *("base", "chat_messages", "editor_options", "layout", "media_options", "panels", "tabs"),
        *("textbox", "watermark", "webcam", "widget"),
    }
)
"""Modules whose names are no words for a component, or that have words of their own."""

SHORTCUTS: Final = {
    "text": "Textbox",
    "textarea": "TextArea",
    **{name.lower(): name for name in MODULES if MODULES[name] not in _NO_WORDS},
    "textbox": "Textbox",
}
"""What may stand for a component in `Interface(fn, "text", "text")`."""


def __getattr__(name: str) -> Any:
    if name not in MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{MODULES[name]}"), name)


def from_shortcut(shortcut: str) -> Component:
    """The component that a word such as `"text"` stands for, not yet on any page."""
    name = SHORTCUTS.get(shortcut.lower().strip())
    if name is None:
        known = ", ".join(sorted(SHORTCUTS))
        raise UsageError(f"there is no component {shortcut!r}; the words are: {known}")
    component: Component = __getattr__(name)(render=False)
    return component
