"""Files: uploaded by the visitor, or offered for download."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Unpack

from doorstep.components.base import Component, ComponentProps
from doorstep.components.base import Files as SessionFiles
from doorstep.components.file_values import (
    FileCount,
    Passes,
    api_of,
    check_files,
    file_example,
    name_example,
    read_files,
    show_files,
)
from doorstep.events.listener import EventListener

if TYPE_CHECKING:
    from collections.abc import Callable

    from doorstep.components.button import Button


class File(Component):
    """Passes a path (or the bytes with `type="binary"`); a list of them for several files or a directory.

    Shows paths, addresses and open files, each with its name and size. `file_types` are endings such as
    `.csv` and the kinds `image`, `audio`, `video`, `text`; `allow_reordering` lets a person order the list.
    """

    type: ClassVar[str] = "file"
    heavy: ClassVar[bool] = True
    PROPS: ClassVar = ("file_count", "file_types", "height", "allow_reordering")

    change = EventListener()
    select = EventListener()
    clear = EventListener()
    upload = EventListener()
    delete = EventListener()
    download = EventListener()

    def __init__(
        self,
        value: str | Sequence[str] | Callable[[], Any] | None = None,
        *,
        file_count: FileCount = "single",
        file_types: Sequence[str] | None = None,
        type: Passes = "filepath",  # noqa: A002  # the public name
        height: float | str | None = None,
        allow_reordering: bool = False,
        buttons: Sequence[Button] | None = None,
        **common: Unpack[ComponentProps],
    ) -> None:
        check_files("File", file_count, file_types, type)
        self.file_count: FileCount = file_count
        self.file_types = None if file_types is None else list(file_types)
        self.passes = type
        self.height = height
        self.allow_reordering = allow_reordering
        self.buttons = buttons
        super().__init__(value, **common)

    def preprocess(self, wire: Any, files: SessionFiles) -> Any:
        many = self.file_count != "single"
        return read_files(self, wire, files, many=many, file_types=self.file_types, passes=self.passes)

    def postprocess(self, value: Any, files: SessionFiles) -> Any:
        return show_files(value, files)

    def api_info(self) -> dict[str, Any]:
        return api_of(self.file_count)

    def api_example(self) -> Any:
        file = file_example(name_example(self.file_types))
        return file if self.file_count == "single" else [file]


class Files(File):
    """A `File` of several files."""

    def __init__(
        self,
        value: str | Sequence[str] | Callable[[], Any] | None = None,
        *,
        file_count: FileCount = "multiple",
        **rest: Any,
    ) -> None:
        super().__init__(value, file_count=file_count, **rest)
