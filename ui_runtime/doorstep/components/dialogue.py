"""What several people say, line by line."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal, Unpack

from doorstep.components.arguments import check_option
from doorstep.components.authored import Functions
from doorstep.components.base import Component, ComponentProps, Files
from doorstep.errors import UsageError
from doorstep.events.listener import EventListener

if TYPE_CHECKING:
    from doorstep.components.button import Button

Line = dict[str, str]
"""One line: `speaker` and `text`."""

_LINE: Final = {
    "type": "object",
    "properties": {"speaker": {"type": "string"}, "text": {"type": "string"}},
    "required": ["speaker", "text"],
}
_WRITTEN: Final = re.compile(r"\[([^\]]*)\]\s*(.*)", re.DOTALL)


class Dialogue(Component):
    """Passes the dialogue as one `str` (`[Ann] Hello` a line), or with `type="list"` as a list of lines
    `{"speaker": …, "text": …}`; shows either.

    `formatter` writes a line as text and `unformatter` reads it again; `separator` stands between two.
    While a person types, a colon offers `tags`. Without `speakers` it is plain text.
    """

    type: ClassVar[str] = "dialogue"
    PROPS: ClassVar = (
        *(
            "speakers",
            "tags",
            "color_map",
            "placeholder",
            "autofocus",
            "autoscroll",
            "max_lines",
        ),
        *("submit_btn", "ui_mode"),
    )

    change = EventListener()
    input = EventListener()
    submit = EventListener()

    def __init__(
        self,
        value: Sequence[Line] | str | Callable[[], Any] | None = None,
        *,
        type: Literal["list", "text"] = "text",  # noqa: A002  # the public name
        speakers: Sequence[str] | None = None,
        formatter: Callable[[str, str], str] | None = None,
        unformatter: Callable[[str], Line] | None = None,
        tags: Sequence[str] | None = None,
        separator: str = "\n",
        color_map: dict[str, str] | None = None,
        placeholder: str | None = None,
        autofocus: bool = False,
        autoscroll: bool = True,
        max_lines: int | None = None,
        buttons: Sequence[str | Button] | None = None,
        submit_btn: str | bool | None = False,
        ui_mode: Literal["dialogue", "text", "both"] = "both",
        **common: Unpack[ComponentProps],
    ) -> None:
        check_option("Dialogue", "type", type, ("list", "text"))
        check_option("Dialogue", "ui_mode", ui_mode, ("dialogue", "text", "both"))
        if not separator:
            raise UsageError("Dialogue: `separator` is the text between two lines; it cannot be empty")
        self.passes = type
        self.speakers = list(speakers or ())
        self.formatter = formatter
        self.unformatter = unformatter
        self.tags = list(tags or ())
        self.separator = separator
        self.color_map = color_map or {}
        self.placeholder = placeholder
        self.autofocus = autofocus
        self.autoscroll = autoscroll
        self.max_lines = max_lines
        self.buttons = buttons
        self.submit_btn = submit_btn
        self.ui_mode = ui_mode
        common.setdefault("label", "Dialogue")
        if self.tags:
            common.setdefault("info", "Type colon (:) in the dialogue line to see the available tags")
        super().__init__(value, **common)

    # -- values --------------------------------------------------------------------------------

    def preprocess(self, wire: Any, files: Files) -> str | list[Line]:
        if wire is None or wire == "":
            return "" if self.passes == "text" else []
        if self.passes == "text":
            return self._checked_text(wire) if isinstance(wire, str) else self.format(wire)
        return self.unformat(wire) if isinstance(wire, str) else self._checked_lines(wire)

    def postprocess(self, value: Any, files: Files) -> str | list[Line] | None:
        if value is None or isinstance(value, str):
            return value
        return [{"speaker": str(each["speaker"]), "text": str(each["text"])} for each in value]

    def _checked_text(self, text: str) -> str:
        self._check_length(text.count(self.separator) + 1)
        return text

    def _checked_lines(self, wire: Any) -> list[Line]:
        if not isinstance(wire, list):
            raise self.refuse_kind("a list of lines, or text", wire)
        self._check_length(len(wire))
        return [self._checked_line(each) for each in wire]

    def _checked_line(self, wire: Any) -> Line:
        speaker, text = (wire.get("speaker"), wire.get("text")) if isinstance(wire, dict) else (None, None)
        if not isinstance(speaker, str) or not isinstance(text, str):
            raise self.refuse("a line has the texts `speaker` and `text`")
        if self.speakers and speaker and speaker not in self.speakers:
            raise self.refuse(f"{speaker[:60]!r} is not one of the speakers: {', '.join(self.speakers)}")
        return {"speaker": speaker, "text": text}

    def _check_length(self, lines: int) -> None:
        if self.max_lines is not None and lines > self.max_lines:
            raise self.refuse(f"{lines} lines; at most {self.max_lines} are allowed")

    # -- what the page calls -------------------------------------------------------------------

    @property
    def server_functions(self) -> Functions:
        return {"format": self.format, "unformat": self.unformat}

    def format(self, lines: Any) -> str:
        """The lines as one text."""
        write = self.formatter or _written
        return self.separator.join(
            write(line["speaker"], line["text"]) for line in self._checked_lines(lines)
        )

    def unformat(self, text: Any) -> list[Line]:
        """The lines of a text."""
        if not isinstance(text, str):
            raise self.refuse_kind("text", text)
        lines = [each for each in self._checked_text(text).split(self.separator) if each.strip()]
        return [dict((self.unformatter or self._parsed)(each)) for each in lines]

    def _parsed(self, line: str) -> Line:
        found = _WRITTEN.fullmatch(line.strip())
        if found is not None and (not self.speakers or found[1] in self.speakers):
            return {"speaker": found[1], "text": found[2]}
        return {"speaker": self.speakers[0] if self.speakers else "", "text": line}

    def api_info(self) -> dict[str, Any]:
        return {"anyOf": [{"type": "array", "items": _LINE}, {"type": "string"}]}

    def api_example(self) -> list[dict[str, str]]:
        return [{"speaker": self.speakers[0] if self.speakers else "", "text": "Hello!"}]


def _written(speaker: str, text: str) -> str:
    return f"[{speaker}] {text}" if speaker else text
