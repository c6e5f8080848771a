"""A chat: messages with Markdown, files, components, thoughts and options."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, ClassVar, Final, Literal, Unpack

from doorstep.components import chat_messages
from doorstep.components.arguments import check_option
from doorstep.components.base import Component, ComponentProps, Files
from doorstep.components.button import Button
from doorstep.components.markdown import checked_delimiters
from doorstep.errors import RefusedError, UsageError
from doorstep.events.listener import EventListener
from doorstep.later import note

Length = int | str | None
Path_ = str | Path | None

_BUTTONS: Final = ("share", "copy", "copy_all")


class Chatbot(Component):
    """Shows a list of messages: `{"role", "content"}` dicts or `ChatMessage`s.

    Passes them as dicts whose content is a list of parts, `{"type": "text", "text"}` or
    `{"type": "file", "file": {"path"}}`; with `type="messages"` as one dict a part, its content a text or a
    tuple with a path; with `type="tuples"` as pairs of a question and its answer.
    """

    type: ClassVar[str] = "chatbot"
    PROPS: ClassVar = (
        *("height", "max_height", "min_height", "resizable", "autoscroll", "editable", "latex_delimiters"),
        *("rtl", "watermark", "sanitize_html", "render_markdown", "feedback_options", "feedback_value"),
        *("line_breaks", "layout", "placeholder", "allow_file_downloads", "group_consecutive_messages"),
        *("allow_tags", "like_user_message", "buttons"),
    )
    heavy: ClassVar[bool] = False
    is_static: ClassVar[bool] = True
    buttons: Sequence[str | Button]

    change = EventListener()
    select = EventListener()
    like = EventListener()
    retry = EventListener()
    undo = EventListener()
    example_select = EventListener()
    option_select = EventListener()
    clear = EventListener()
    copy = EventListener()
    edit = EventListener()

    def __init__(
        self,
        value: list[Any] | Callable[[], Any] | None = None,
        *,
        type: Literal["messages", "tuples"] | None = None,  # noqa: A002  # the older public name
        autoscroll: bool = True,
        height: Length = 400,
        resizable: bool = False,
        max_height: Length = None,
        min_height: Length = None,
        editable: Literal["user", "all"] | None = None,
        latex_delimiters: list[dict[str, str | bool]] | None = None,
        rtl: bool = False,
        buttons: Sequence[str | Button] | None = None,
        watermark: str | None = None,
        avatar_images: tuple[Path_, Path_] | None = None,
        sanitize_html: bool = True,
        render_markdown: bool = True,
        feedback_options: Sequence[str] | None = ("Like", "Dislike"),
        feedback_value: Sequence[str | None] | None = None,
        line_breaks: bool = True,
        layout: Literal["panel", "bubble"] | None = None,
        placeholder: str | None = None,
        examples: list[dict[str, Any]] | None = None,
        allow_file_downloads: bool = True,
        group_consecutive_messages: bool = True,
        allow_tags: list[str] | bool = True,
        reasoning_tags: list[tuple[str, str]] | None = None,
        like_user_message: bool = False,
        show_copy_button: bool | None = None,
        show_copy_all_button: bool | None = None,
        show_share_button: bool | None = None,
        bubble_full_width: bool | None = None,
        **common: Unpack[ComponentProps],
    ) -> None:
        check_option("Chatbot", "type", type, (None, "messages", "tuples"))  # type: ignore[arg-type]  # None is one
        check_option("Chatbot", "editable", editable, (None, "user", "all"))  # type: ignore[arg-type]
        check_option("Chatbot", "layout", layout, (None, "panel", "bubble"))  # type: ignore[arg-type]
        if type == "tuples":
            note('Chatbot: type="tuples" is the old form of a chat; messages are {"role", "content"} now')
        if bubble_full_width is not None:
            note("Chatbot: bubble_full_width does nothing any more")
        self.passes = type
        self.speaks_pairs = type == "tuples"
        self.autoscroll = autoscroll
        self.height = height
        self.resizable = resizable
        self.max_height = max_height
        self.min_height = min_height
        self.editable = editable
        self.latex_delimiters = checked_delimiters("Chatbot", latex_delimiters)
        self.rtl = rtl
        old = {"copy": show_copy_button, "copy_all": show_copy_all_button, "share": show_share_button}
        self.buttons = _buttons(buttons, old)
        self.watermark = watermark
        self.avatar_images = _avatars(avatar_images)
        self.sanitize_html = sanitize_html
        self.render_markdown = render_markdown
        self.feedback_options = list(feedback_options or ())
        self.feedback_value = None if feedback_value is None else list(feedback_value)
        self.line_breaks = line_breaks
        self.layout = layout
        self.placeholder = placeholder
        self.examples = [_example(each) for each in examples or ()]
        self.allow_file_downloads = allow_file_downloads
        self.group_consecutive_messages = group_consecutive_messages
        self.allow_tags = allow_tags
        self.reasoning_tags = list(reasoning_tags or ())
        self.like_user_message = like_user_message
        for component in chat_messages.components_of(value):
            component.unrender()  # it stands in its message, not where it was made
        super().__init__(value, **common)

    def preprocess(self, wire: Any, files: Files) -> list[Any]:
        try:
            messages = chat_messages.read(wire, files)
        except RefusedError as error:
            raise self.refuse(str(error)) from None
        return self.passed(messages)

    def passed(self, messages: list[dict[str, Any]]) -> list[Any]:
        """Messages as functions get them."""
        if self.speaks_pairs:
            return chat_messages.pairs(messages)
        return chat_messages.flat(messages) if self.passes == "messages" else messages

    def postprocess(self, value: Any, files: Files) -> list[dict[str, Any]]:
        if value is None:
            return []
        self._note_pairs(value)
        wires = chat_messages.wires_of(value, files)
        return chat_messages.with_reasoning(wires, self.reasoning_tags) if self.reasoning_tags else wires

    def _note_pairs(self, value: Any) -> None:
        """An app that shows pairs wants them, too: it was written when a chat was made of them."""
        if self.speaks_pairs or self.passes or not isinstance(value, (list, tuple)) or not value:
            return
        if all(chat_messages.is_pair(each) for each in value):
            self.speaks_pairs = True
            note(
                "Chatbot: pairs (question, answer) are the old form of a chat; they are shown, and given to "
                'functions from now on. Messages are {"role": "user", "content": …} now'
            )

    def blank(self) -> list[Any]:
        return []

    def file_props(self, files: Files) -> dict[str, Any]:
        """The pictures beside the messages, and the examples with theirs."""
        avatars = [_shown(each, files) for each in self.avatar_images]
        return {"avatar_images": avatars, "examples": [_shown_example(each, files) for each in self.examples]}

    def api_info(self) -> dict[str, Any]:
        return {"type": "array", "items": _MESSAGE}

    def api_example(self) -> list[dict[str, Any]]:
        return [{"role": "user", "content": [{"type": "text", "text": "Hello!"}]}]


_FILE: Final = {
    "type": "object",
    "properties": {"path": {"type": "string"}, "meta": {"const": {"_type": "gradio.FileData"}}},
    "required": ["path"],
}
_PART: Final = {
    "anyOf": [
        {
            "type": "object",
            "properties": {"text": {"type": "string"}, "type": {"const": "text"}},
            "required": ["text"],
        },
        {
            "type": "object",
            "properties": {
                "file": _FILE,
                "alt_text": {"anyOf": [{"type": "string"}, {"type": "null"}]},
                "type": {"const": "file"},
            },
            "required": ["file"],
        },
        {
            "type": "object",
            "properties": {
                "component": {"type": "string"},
                "value": {},
                "constructor_args": {"type": "object"},
                "props": {"type": "object"},
                "type": {"const": "component"},
            },
            "required": ["component", "value", "constructor_args", "props"],
        },
    ]
}
_METADATA: Final = {
    "type": "object",
    "properties": {
        "title": {"type": "string"},
        "id": {"anyOf": [{"type": "integer"}, {"type": "string"}]},
        "parent_id": {"anyOf": [{"type": "integer"}, {"type": "string"}]},
        "log": {"type": "string"},
        "duration": {"type": "number"},
        "status": {"enum": ["pending", "done"], "type": "string"},
    },
}
_OPTION: Final = {
    "type": "object",
    "properties": {"value": {"type": "string"}, "label": {"type": "string"}},
    "required": ["value"],
}
_MESSAGE: Final = {
    "type": "object",
    "properties": {
        "role": {"type": "string"},
        "metadata": {"anyOf": [_METADATA, {"type": "null"}]},
        "content": {"type": "array", "items": _PART},
        "options": {"anyOf": [{"type": "array", "items": _OPTION}, {"type": "null"}]},
    },
    "required": ["role", "content"],
}


def _buttons(given: Sequence[str | Button] | None, old: dict[str, bool | None]) -> list[str | Button]:
    if given is None:
        asked = [name for name, wanted in old.items() if wanted]
        return [*(asked if any(each is not None for each in old.values()) else ("copy", "copy_all"))]
    for each in given:
        if not isinstance(each, Button):
            check_option("Chatbot", "buttons", each, _BUTTONS)
    if "share" in given:
        note('Chatbot: the button "share" posts to a service of Gradio\'s; there is none here')
    return [each for each in given if each != "share"]


def _avatars(given: Any) -> list[Path_]:
    if given is None:
        return [None, None]
    if not isinstance(given, (tuple, list)) or len(given) != 2:
        raise UsageError(f"Chatbot: avatar_images are two pictures, the user's and the bot's, not {given!r}")
    return list(given)


def _example(given: Any) -> dict[str, Any]:
    if isinstance(given, str):
        return {"text": given}
    if not isinstance(given, dict) or not ("text" in given or "files" in given):
        raise UsageError(f'Chatbot: an example is {{"text": …, "files": […]}}, not {given!r}')
    return given


def _shown(picture: Any, files: Files) -> Any:
    if picture is None or str(picture).startswith(("http://", "https://", "data:")):
        return None if picture is None else {"path": str(picture), "url": str(picture)}
    if isinstance(picture, dict):
        picture = picture["path"]
    return files.add(Path(picture))


def _shown_example(example: dict[str, Any], files: Files) -> dict[str, Any]:
    shown = {name: example[name] for name in ("text", "display_text") if example.get(name) is not None}
    if example.get("icon"):
        shown["icon"] = _shown(example["icon"], files)
    if example.get("files"):
        shown["files"] = [_shown(each, files) for each in example["files"]]
    return shown
