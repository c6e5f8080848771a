"""Text whose parts carry a category or a score."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Final, Unpack

from doorstep.components.base import Component, ComponentProps, Files, plain_number
from doorstep.events.listener import EventListener

if TYPE_CHECKING:
    from collections.abc import Callable

    from doorstep.components.button import Button

Part = tuple[str, "str | float | None"]
"""A piece of the text with its category, its score from -1 to 1, or neither."""

_TOKEN: Final = {
    "type": "object",
    "properties": {
        "token": {"type": "string"},
        "class_or_confidence": {"anyOf": [{"type": "string"}, {"type": "number"}, {"type": "null"}]},
    },
    "required": ["token"],
}


class HighlightedText(Component):
    """Passes and shows a list of `(text, label)`: a category, a number or None.

    Shows `{"text": …, "entities": [{"entity": …, "start": …, "end": …}]}` too. In its interactive form a
    person selects text and labels it. `color_map` gives categories their colours (CSS), `show_legend` lists
    them above the text, `combine_adjacent` makes neighbours of one category a single part.
    """

    type: ClassVar[str] = "highlighted_text"
    is_display: ClassVar[bool] = True
    PROPS: ClassVar = ("color_map", "show_legend", "show_inline_category", "rtl")

    change = EventListener()
    select = EventListener()

    def __init__(
        self,
        value: Sequence[Part] | dict[str, Any] | Callable[[], Any] | None = None,
        *,
        color_map: dict[str, str] | None = None,
        show_legend: bool = False,
        show_inline_category: bool = True,
        combine_adjacent: bool = False,
        adjacent_separator: str = "",
        show_whitespaces: bool = True,
        rtl: bool = False,
        buttons: Sequence[Button] | None = None,
        **common: Unpack[ComponentProps],
    ) -> None:
        self.color_map = color_map or {}
        self.show_legend = show_legend
        self.show_inline_category = show_inline_category
        self.combine_adjacent = combine_adjacent
        self.adjacent_separator = adjacent_separator
        self.show_whitespaces = show_whitespaces
        self.rtl = rtl
        self.buttons = buttons
        super().__init__(value, **common)

    def preprocess(self, wire: Any, files: Files) -> list[Part] | None:
        if wire is None:
            return None
        if not isinstance(wire, list):
            raise self.refuse_kind("a list of tokens", wire)
        return [self._part(each) for each in wire]

    def _part(self, wire: Any) -> Part:
        label = wire.get("class_or_confidence") if isinstance(wire, dict) else wire
        if not isinstance(wire, dict) or not isinstance(wire.get("token"), str) or not _is_label(label):
            raise self.refuse("a token has a text `token`, and a category or a number")
        return wire["token"], label

    def postprocess(self, value: Any, files: Files) -> list[dict[str, Any]] | None:
        if value is None:
            return None
        parts = _of_entities(value) if isinstance(value, dict) else [_pair(each) for each in value]
        if self.combine_adjacent:
            parts = _combined(parts, self.adjacent_separator)
        if not self.show_whitespaces:
            parts = [(text.strip(), label) for text, label in parts]
        return [{"token": text, "class_or_confidence": label} for text, label in parts]

    def api_info(self) -> dict[str, Any]:
        return {"type": "array", "items": _TOKEN}

    def api_example(self) -> list[dict[str, Any]]:
        return [
            {"token": "quick", "class_or_confidence": "adjective"},
            {"token": " fox", "class_or_confidence": None},
        ]


Highlight = Highlightedtext = HighlightedText


def _is_label(label: Any) -> bool:
    return label is None or (isinstance(label, (str, int, float)) and not isinstance(label, bool))


def _pair(given: Any) -> Part:
    if isinstance(given, dict):
        given = (given.get("token"), given.get("class_or_confidence"))
    if isinstance(given, str) or len(given) != 2:
        raise ValueError(f"a part is a (text, label) pair, not {given!r}")
    text, label = given
    return str(text), label if label is None or isinstance(label, str) else plain_number(label)


def _of_entities(value: dict[str, Any]) -> list[Part]:
    """The parts of a text, the unlabelled ones between its entities included."""
    if "text" not in value or "entities" not in value:
        raise ValueError("an object needs the keys 'text' and 'entities'")
    text, at = value["text"], 0
    parts: list[Part] = []
    for entity in sorted(value["entities"], key=lambda each: each["start"]):
        start, end = max(at, entity["start"]), entity["end"]
        label = entity["entity"] if "entity" in entity else entity.get("entity_group")
        parts += [(text[at:start], None), (text[start:end], label)]
        at = max(at, end)
    return [each for each in [*parts, (text[at:], None)] if each[0]]


def _combined(parts: list[Part], separator: str) -> list[Part]:
    return [(separator.join(texts), label) for texts, label in _runs(parts)]


def _runs(parts: list[Part]) -> Iterator[tuple[list[str], str | float | None]]:
    """Neighbours of the same category, together."""
    texts: list[str] = []
    for number, (text, label) in enumerate(parts):
        texts.append(text)
        if number + 1 == len(parts) or parts[number + 1][1] != label:
            yield texts, label
            texts = []
