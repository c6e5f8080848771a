"""Text with files beside it: what chats are written with."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal, Unpack

from doorstep.components.arguments import check_option
from doorstep.components.base import Component, ComponentProps, Files
from doorstep.components.file_values import file_example, name_example
from doorstep.errors import FileRefusedError, UsageError
from doorstep.events.listener import EventListener

if TYPE_CHECKING:
    from collections.abc import Callable

Source = Literal["upload", "microphone"]

KINDS: Final = {
    "image": "image/*",
    "audio": "audio/*",
    "video": "video/*",
    "text": "text/*",
}
"""Words for kinds of files, as browsers know them."""

MAX_TEXT: Final = 1_000_000
"""Characters that a visitor's text may have."""


class MultimodalTextbox(Component):
    """Passes `{"text": str, "files": [paths]}`; shows the same, or a `str`."""

    type: ClassVar[str] = "multimodal_textbox"
    heavy: ClassVar[bool] = True
    PROPS: ClassVar = (
        *("sources", "file_types", "file_count", "lines", "max_lines", "placeholder", "autofocus"),
        *("autoscroll", "text_align", "rtl", "submit_btn", "stop_btn", "max_plain_text_length"),
        *("html_attributes",),
    )

    change = EventListener()
    input = EventListener()
    select = EventListener()
    submit = EventListener()
    focus = EventListener()
    blur = EventListener()
    stop = EventListener()

    def __init__(
        self,
        value: str | dict[str, Any] | Callable[[], Any] | None = None,
        *,
        sources: list[Source] | Source | None = None,
        file_types: list[str] | None = None,
        file_count: Literal["single", "multiple", "directory"] = "single",
        lines: int = 1,
        max_lines: int = 20,
        placeholder: str | None = None,
        autofocus: bool = False,
        autoscroll: bool = True,
        text_align: Literal["left", "right"] | None = None,
        rtl: bool = False,
        submit_btn: str | bool | None = True,
        stop_btn: str | bool | None = False,
        max_plain_text_length: int = 1000,
        html_attributes: dict[str, Any] | None = None,
        **common: Unpack[ComponentProps],
    ) -> None:
        check_option("MultimodalTextbox", "file_count", file_count, ("single", "multiple", "directory"))
        self.sources = [sources] if isinstance(sources, str) else list(sources or ("upload",))
        for source in self.sources:
            check_option("MultimodalTextbox", "sources", source, ("upload", "microphone"))
        self.file_types = _checked_types(file_types)
        self.file_count = file_count
        self.lines = lines
        self.max_lines = max_lines
        self.placeholder = placeholder
        self.autofocus = autofocus
        self.autoscroll = autoscroll
        self.text_align = text_align
        self.rtl = rtl
        self.submit_btn = submit_btn
        self.stop_btn = stop_btn
        self.max_plain_text_length = max_plain_text_length
        self.html_attributes = html_attributes
        super().__init__(value, **common)

    def preprocess(self, wire: Any, files: Files) -> dict[str, Any] | None:
        if wire is None:
            return None
        if isinstance(wire, str):
            wire = {"text": wire}
        if not isinstance(wire, dict):
            raise self.refuse_kind("an object with text and files", wire)
        text, given = wire.get("text") or "", wire.get("files") or []
        if not isinstance(text, str) or not isinstance(given, list):
            raise self.refuse("expected text and a list of files")
        if len(text) > MAX_TEXT:
            raise self.refuse(f"{len(text):,} characters; at most {MAX_TEXT:,} are allowed")
        return {"text": text, "files": [self._path(each, files) for each in given]}

    def _path(self, file: Any, files: Files) -> str:
        try:
            path = files.path_of(file)
        except FileRefusedError as error:
            raise FileRefusedError(f"{self.title}: {error}", self.id) from None
        if not self._takes(path):
            raise FileRefusedError(f"{self.title}: {path.name} is not of a kind that is taken here", self.id)
        return str(path)

    def _takes(self, path: Path) -> bool:
        """What is pasted as a long text and what the microphone records is taken in any case."""
        if self.file_types is None:
            return True
        import mimetypes

        kind = mimetypes.guess_type(path.name)[0] or ""
        wanted = [*self.file_types, "text", *(["audio"] if "microphone" in self.sources else [])]
        return any(_is_of(kind, path.suffix.lower(), each) for each in wanted)

    def postprocess(self, value: Any, files: Files) -> dict[str, Any] | None:
        if value is None:
            return None
        if isinstance(value, str):
            return {"text": value, "files": []}
        if not isinstance(value, dict) or not value.keys() <= {"text", "files"}:
            raise ValueError('its value is a text or {"text": …, "files": […]}')
        return {
            "text": str(value.get("text") or ""),
            "files": [_shown(each, files) for each in value.get("files") or ()],
        }

    def blank(self) -> dict[str, Any]:
        return {"text": "", "files": []}

    def api_info(self) -> dict[str, Any]:
        file = {
            "type": "object",
            "properties": {"path": {"type": "string"}, "meta": {"const": {"_type": "gradio.FileData"}}},
            "required": ["path"],
        }
        return {
            "type": "object",
            "properties": {"text": {"type": "string"}, "files": {"type": "array", "items": file}},
        }

    def api_example(self) -> dict[str, Any]:
        return {"text": "Hello!", "files": [file_example(name_example(self.file_types))]}


def _checked_types(given: Any) -> list[str] | None:
    """None for any kind of file."""
    if given is None or "file" in given:
        return None
    for each in given:
        if not isinstance(each, str) or not (each in KINDS or each.startswith(".") or "/" in each):
            known = ", ".join(repr(kind) for kind in ("file", *KINDS))
            raise UsageError(
                f"MultimodalTextbox: file_types are {known} or endings such as '.pdf', not {each!r}"
            )
    return list(given)


def _is_of(kind: str, suffix: str, wanted: str) -> bool:
    if wanted.startswith("."):
        return suffix == wanted.lower()
    mime = KINDS.get(wanted, wanted)
    return kind.startswith(mime[:-1]) if mime.endswith("/*") else kind == mime


def _shown(file: Any, files: Files) -> dict[str, Any]:
    if isinstance(file, dict):
        return files.add(Path(file["path"]), file.get("orig_name"))
    return files.add(Path(file))
