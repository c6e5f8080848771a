"""A classification: the best label, and how sure the model is of the others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Unpack

from doorstep.components.base import Component, ComponentProps, Files, plain_number
from doorstep.events.listener import EventListener

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from doorstep.components.button import Button


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
        ranked = sorted(((plain_number(share), str(label)) for label, share in value.items()), reverse=True)
        top = ranked[: self.num_top_classes]
        confidences = [{"label": label, "confidence": share} for share, label in top]
        return {"label": top[0][1] if top else None, "confidences": confidences}

    def api_info(self) -> dict[str, Any]:
        one = {
            "type": "object",
            "properties": {"label": {"type": "string"}, "confidence": {"type": "number"}},
        }
        return {
            "type": "object",
            "properties": {"label": {"type": "string"}, "confidences": {"type": "array", "items": one}},
        }
