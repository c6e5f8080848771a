"""Buttons that take a file or give one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from doorstep.components.base import Component, Files
from doorstep.components.button import Size, Variant, icon_of
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


class _FileButton(Component):
    """A button whose value is files."""

    PROPS: ClassVar[tuple[str, ...]] = ("variant", "size", "icon")
    SPOKEN: ClassVar = ("label",)

    def __init__(
        self,
        label: str,
        value: Any = None,
        *,
        variant: Variant = "secondary",
        size: Size = "lg",
        icon: str | Path | None = None,
        **common: Any,
    ) -> None:
        self.variant = variant
        self.size = size
        self.icon = None if icon is None else str(icon)
        common.setdefault("min_width", None)
        common.setdefault("interactive", True)
        super().__init__(value, label=label, **common)

    def postprocess(self, value: Any, files: Files) -> Any:
        return show_files(value, files)

    def file_props(self, files: Files) -> dict[str, Any]:
        return icon_of(self.icon, files)


class UploadButton(_FileButton):
    """Passes the path of what was uploaded (or the bytes with `type="binary"`); a list for several files.

    `file_types` are endings such as `.csv` and the kinds `image`, `audio`, `video`, `text`.
    """

    type: ClassVar[str] = "upload_button"
    heavy: ClassVar[bool] = True
    PROPS: ClassVar = (*_FileButton.PROPS, "file_count", "file_types")

    change = EventListener()
    click = EventListener()
    upload = EventListener()

    def __init__(
        self,
        label: str = "Upload a File",
        value: str | Sequence[str] | Callable[[], Any] | None = None,
        *,
        type: Passes = "filepath",  # noqa: A002  # the public name
        file_count: FileCount = "single",
        file_types: Sequence[str] | None = None,
        **rest: Any,
    ) -> None:
        check_files("UploadButton", file_count, file_types, type)
        self.passes = type
        self.file_count: FileCount = file_count
        self.file_types = None if file_types is None else list(file_types)
        super().__init__(label, value, **rest)

    def preprocess(self, wire: Any, files: Files) -> Any:
        many = self.file_count != "single"
        return read_files(self, wire, files, many=many, file_types=self.file_types, passes=self.passes)

    def api_info(self) -> dict[str, Any]:
        return api_of(self.file_count)

    def api_example(self) -> Any:
        file = file_example(name_example(self.file_types))
        return file if self.file_count == "single" else [file]


class DownloadButton(_FileButton):
    """Gives the file that is its value, a path or an address; passes the path."""

    type: ClassVar[str] = "download_button"
    heavy: ClassVar[bool] = True
    is_static: ClassVar[bool] = True

    change = EventListener()
    click = EventListener()

    def __init__(
        self,
        label: str = "Download",
        value: str | Path | Callable[[], Any] | None = None,
        **rest: Any,
    ) -> None:
        super().__init__(label, value, **rest)

    def preprocess(self, wire: Any, files: Files) -> Any:
        return read_files(self, wire, files, many=False, file_types=None, passes="filepath")

    def api_info(self) -> dict[str, Any]:
        return api_of("single")
