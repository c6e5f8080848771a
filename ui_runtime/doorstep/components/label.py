"""A classification: the best label, and how sure the model is of the others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final, Unpack

from doorstep.components.base import Component, ComponentProps, Files, plain_number
from doorstep.events.listener import EventListener

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from doorstep.components.button import Button

_NAME: Final = {"anyOf": [{"type": "string"}, {"type": "number"}, {"type": "null"}]}


class Label(Component):
    """Shows a `dict` of labels and confidences (0 to 1), or a single `str`, `int` or `float`.

    `num_top_classes` keeps only that many, the surest first.
    """

    type: ClassVar[str] = "label"
    PROPS: ClassVar = ("color", "show_heading")
    is_static: ClassVar[bool] = True

    change = EventListener()
    select = EventListener()

    def __init__(
        self,
        value: dict[str, float] | str | float | Callable[[], Any] | None = None,
        *,
        num_top_classes: int | None = None,
        color: str | None = None,
        show_heading: bool = True,
        buttons: Sequence[Button] | None = None,
        **common: Unpack[ComponentProps],
    ) -> None:
        self.num_top_classes = num_top_classes
        self.color = color
        self.show_heading = show_heading
        self.buttons = buttons
        super().__init__(value, **common)

    def preprocess(self, wire: Any, files: Files) -> Any:
        if wire is None:
            return None
        if not isinstance(wire, dict) or "label" not in wire:
            raise self.refuse_kind("a label", wire)
        confidences = wire.get("confidences")
        if confidences is None:
            return wire["label"]
        try:
            return {entry["label"]: entry["confidence"] for entry in confidences}
        except (TypeError, KeyError):
            raise self.refuse("`confidences` is not a list of labels and confidences") from None

    def postprocess(self, value: Any, files: Files) -> dict[str, Any] | None:
        if value is None:
            return None
        if isinstance(value, dict):
            return self._ranked(value) if value else None
        return {"label": str(value), "confidences": None}

    def _ranked(self, value: dict[Any, Any]) -> dict[str, Any]:
        """The surest first; of those that are as sure, the one that the app named first."""
        shares = [(str(label), plain_number(share)) for label, share in value.items()]
        top = sorted(shares, key=lambda each: each[1], reverse=True)[: self.num_top_classes]
        confidences = [{"label": label, "confidence": share} for label, share in top]
        return {"label": top[0][0] if top else None, "confidences": confidences}

    def api_info(self) -> dict[str, Any]:
        one = {
            "type": "object",
            "properties": {"label": _NAME, "confidence": {"type": "number"}},
        }
        confidences = {"anyOf": [{"type": "array", "items": one}, {"type": "null"}]}
        return {"type": "object", "properties": {"label": _NAME, "confidences": confidences}}

    def api_example(self) -> dict[str, Any]:
        return {"label": "cat", "confidences": [{"label": "cat", "confidence": 0.9}]}
