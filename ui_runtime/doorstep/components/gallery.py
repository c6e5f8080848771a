"""Many pictures and films: a grid of them, and each of them large."""

from __future__ import annotations

import mimetypes
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal, Unpack

from doorstep.components import images
from doorstep.components.arguments import check_option
from doorstep.components.base import Component, ComponentProps, Files
from doorstep.components.image import checked_buttons, checked_sources
from doorstep.components.picture_values import (
    IMAGE,
    PASSES,
    Passes,
    Passing,
    Showing,
    named,
    picture_path,
)
from doorstep.errors import RefusedError
from doorstep.events.listener import EventListener
from doorstep.later import note
from doorstep.remote_files import is_address, name_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from doorstep.components.button import Button

Fit = Literal["contain", "cover", "fill", "none", "scale-down"]
_FITS: Final = ("contain", "cover", "fill", "none", "scale-down")
_KINDS: Final = {"image": "image/*", "video": "video/*"}


MAX_ITEMS: Final = 10_000
"""Of a visitor's value: one file can be named again and again."""


class Gallery(Component):
    """Passes a list of (picture, caption), or None while it is empty.

    A picture is a path, a numpy array (height, width, 3) or a Pillow image, by `type`; a film or an SVG is
    always a path.

    Shows a list of arrays, Pillow images, paths or addresses, each alone or as (picture, caption).
    """

    type: ClassVar[str] = "gallery"
    PROPS: ClassVar = (
        *("columns", "rows", "height", "allow_preview", "preview", "selected_index", "object_fit"),
        *("buttons", "fit_columns", "sources", "file_types", "format"),
    )
    heavy: ClassVar[bool] = True
    is_display: ClassVar[bool] = True

    select = EventListener()
    upload = EventListener()
    change = EventListener()
    delete = EventListener()
    preview_close = EventListener()
    preview_open = EventListener()

    def __init__(
        self,
        value: Sequence[Any] | Callable[[], Any] | None = None,
        *,
        format: str = "webp",  # noqa: A002  # the public name
        file_types: list[str] | None = None,
        columns: int | Sequence[int] | None = 2,
        rows: int | Sequence[int] | None = None,
        height: float | str | None = None,
        allow_preview: bool = True,
        preview: bool | None = None,
        selected_index: int | None = None,
        object_fit: Fit | None = None,
        buttons: list[Literal["share", "download", "download_all", "fullscreen"] | Button] | None = None,
        type: Passes = "filepath",  # noqa: A002  # the public name
        fit_columns: bool = True,
        sources: list[Literal["upload", "webcam", "clipboard"]] | None = None,
        show_download_button: bool | None = None,
        show_fullscreen_button: bool | None = None,
        show_share_button: bool | None = None,
        grid: int | Sequence[int] | None = None,
        **common: Unpack[ComponentProps],
    ) -> None:
        check_option("Gallery", "type", type, PASSES)
        if object_fit is not None:
            check_option("Gallery", "object_fit", object_fit, _FITS)
        if grid is not None:
            note(f"Gallery: `grid` is now columns={grid!r}")
            columns = grid
        self.format = format
        self.file_types = [_KINDS.get(each, each) for each in file_types or ("image", "video")]
        self.columns = _widest(columns)
        self.rows = _widest(rows)
        self.height = height
        self.allow_preview = allow_preview
        self.preview = preview
        self.selected_index = selected_index
        self.object_fit = object_fit
        self.passes = Passing(type, None if type == "filepath" else "RGB")
        shown = {
            "download": show_download_button,
            "fullscreen": show_fullscreen_button,
            "share": show_share_button,
        }
        self.buttons = checked_buttons("Gallery", buttons, ["download", "download_all", "fullscreen"], shown)
        self.fit_columns = fit_columns
        self.sources = checked_sources("Gallery", sources or ["upload"])
        super().__init__(value, **common)

    def check_needs(self, *, is_read: bool) -> None:
        if is_read and self.passes.type != "filepath":
            images.check_installed(arrays=self.passes.type == "numpy")

    def blank(self) -> list[Any]:
        return []

    def preprocess(self, wire: Any, files: Files) -> list[tuple[Any, str | None]] | None:
        if wire is None or wire == []:
            return None
        if not isinstance(wire, list) or not all(isinstance(each, dict) for each in wire):
            raise self.refuse_kind("a list of pictures", wire)
        if len(wire) > MAX_ITEMS:
            raise self.refuse(f"{len(wire)} pictures; at most {MAX_ITEMS} are allowed")
        with named(self):
            is_path = self.passes.type == "filepath"
            most = images.MAX_ON_DISK if is_path else images.MAX_TOGETHER
            images.check_together(_pictures(wire, files), most)
            return [self._passed(each, files) for each in wire]

    def _passed(self, item: dict[str, Any], files: Files) -> tuple[Any, str | None]:
        file = item.get("video") or item.get("image")
        caption = item.get("caption")
        if not isinstance(file, dict) or not isinstance(caption, (str, type(None))):
            raise RefusedError("expected a picture or a film, and its caption")
        if file.get("path") is None:
            return self.passes.of(file, files), caption
        path = files.path_of(file)
        if not self._takes(path):
            raise RefusedError(f"{path.name} is not of a kind that is taken here")
        is_path = _is_film(path) or images.is_svg(path)
        return (str(path) if is_path else self.passes.of(file, files)), caption

    def _takes(self, path: Path) -> bool:
        kind = mimetypes.guess_type(path.name)[0] or ""
        return any(
            path.name.lower().endswith(each.lower())
            if each.startswith(".")
            else kind == each or (each.endswith("/*") and kind.startswith(each[:-1]))
            for each in self.file_types
        )

    def postprocess(self, value: Any, files: Files) -> list[dict[str, Any]]:
        return [] if value is None else [self._shown(each, files) for each in value]

    def _shown(self, item: Any, files: Files) -> dict[str, Any]:
        if isinstance(item, dict) and ("image" in item or "video" in item):
            kind = "video" if item.get("video") else "image"
            return {kind: Showing(self.format).of(item[kind], files), "caption": item.get("caption")}
        caption = None
        if isinstance(item, (tuple, list)) and len(item) == 2 and isinstance(item[1], (str, type(None))):
            item, caption = item
        if isinstance(item, (str, Path)) and _is_film(item):
            return {"video": _film(item, files), "caption": caption}
        return {"image": Showing(self.format).of(item, files), "caption": caption}

    def api_info(self) -> dict[str, Any]:
        caption = {"anyOf": [{"type": "string"}, {"type": "null"}], "default": None}
        kinds = [
            {"type": "object", "properties": {kind: IMAGE, "caption": caption}, "required": [kind]}
            for kind in ("image", "video")
        ]
        return {"title": "GalleryData", "type": "array", "items": {"anyOf": kinds}}


def _widest(given: int | Sequence[int] | None) -> int | None:
    """A number; of several, which were once for screens of rising width, the last."""
    return given if given is None or isinstance(given, int) else int(given[-1])


def _pictures(wire: list[dict[str, Any]], files: Files) -> Iterator[Path]:
    """Where the files are that become pictures in memory."""
    for item in wire:
        file = item.get("video") or item.get("image")
        if isinstance(file, dict) and file.get("path") is not None:
            path = files.path_of(file)
            if not _is_film(path):
                yield path


def _is_film(path: str | Path) -> bool:
    return (mimetypes.guess_type(str(path))[0] or "").startswith("video/")


def _film(film: str | Path, files: Files) -> dict[str, Any]:
    if is_address(film):
        return files.add_address(str(film), name_of(str(film)))
    return files.add(picture_path(film, ("video/", "image/")))
