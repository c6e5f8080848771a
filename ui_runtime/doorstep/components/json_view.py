"""Any JSON value, shown as a tree."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Mapping
from datetime import date
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Unpack
from uuid import UUID

from doorstep.components.base import Component, ComponentProps, Files
from doorstep.events.listener import EventListener

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from doorstep.components.button import Button

Length = int | str | None


class JSON(Component):
    """Shows a dict, a list, a plain value or JSON text; passes the same value as Python knows it.

    Levels deeper than three are folded unless `open`. Numpy values, dates, enums, dataclasses and models
    with a `model_dump()` are shown as what they hold; a number that JSON cannot hold is null.
    """

    type: ClassVar[str] = "json"
    PROPS: ClassVar = ("open", "show_indices", "height", "max_height", "min_height")
    is_static: ClassVar[bool] = True

    change = EventListener()

    def __init__(
        self,
        value: str | dict[str, Any] | list[Any] | Callable[[], Any] | None = None,
        *,
        open: bool = False,  # noqa: A002  # the public name
        show_indices: bool = False,
        height: Length = None,
        max_height: Length = 500,
        min_height: Length = None,
        buttons: Sequence[str | Button] | None = None,
        **common: Unpack[ComponentProps],
    ) -> None:
        self.open = open
        self.show_indices = show_indices
        self.height = height
        self.max_height = max_height
        self.min_height = min_height
        self.buttons = ["copy"] if buttons is None else buttons
        super().__init__(value, **common)

    def postprocess(self, value: Any, files: Files) -> Any:
        if not isinstance(value, str):
            return plain(value)
        try:
            return plain(json.loads(value))
        except json.JSONDecodeError as error:
            raise ValueError(f"the text is not JSON: {error}") from None

    def api_info(self) -> dict[str, Any]:
        return {"type": {}, "description": "any valid json"}

    def api_example(self) -> Any:
        return {"name": "Ada"}


Json = JSON


def plain(value: Any) -> Any:
    """`value` made of what JSON has. Raises `TypeError` for what has no such form."""
    if isinstance(value, Enum):
        return plain(value.value)
    if value is None or isinstance(value, (str, bool, int)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(plain(key)): plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(each) for each in value]
    return _plain_object(value)


def _plain_object(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, (Path, UUID)):
        return str(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return plain({each.name: getattr(value, each.name) for each in dataclasses.fields(value)})
    for form in ("tolist", "model_dump", "to_dict", "item"):  # numpy, pydantic, pandas, tensors
        if callable(getattr(value, form, None)):
            return plain(getattr(value, form)())
    raise TypeError(f"JSON has no form for a {type(value).__name__}")
