"""Files of the app's computer, chosen from a folder and what is below it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Unpack

from doorstep.components.arguments import check_option
from doorstep.components.authored import Functions
from doorstep.components.base import Component, ComponentProps, Files
from doorstep.components.folder import Folder, Parts
from doorstep.errors import UsageError
from doorstep.events.listener import EventListener

if TYPE_CHECKING:
    from collections.abc import Callable

    from doorstep.components.button import Button

Length = int | str | None


class FileExplorer(Component):
    """Passes the absolute path of the chosen file or folder; a list of them unless `file_count="single"`.

    Shows paths below `root_dir`. A person sees what `glob` matches (`**` is any folders) and `ignore_glob`
    does not; hidden files, and links that lead out of `root_dir`, are never listed nor taken.
    """

    type: ClassVar[str] = "file_explorer"
    PROPS: ClassVar = ("file_count", "height", "max_height", "min_height", "glob", "ignore_glob", "folder")

    change = EventListener()
    input = EventListener()
    select = EventListener()

    def __init__(
        self,
        glob: str = "**/*",
        *,
        value: str | Sequence[str] | Callable[[], Any] | None = None,
        file_count: Literal["single", "multiple"] = "multiple",
        root_dir: str | Path = ".",
        ignore_glob: str | None = None,
        height: Length = None,
        max_height: Length = 500,
        min_height: Length = None,
        buttons: Sequence[Button] | None = None,
        **common: Unpack[ComponentProps],
    ) -> None:
        check_option("FileExplorer", "file_count", file_count, ("single", "multiple"))
        if not Path(root_dir).is_dir():
            raise UsageError(f"FileExplorer: root_dir={str(root_dir)!r} is not a folder")
        self.file_count = file_count
        self.glob = glob
        self.ignore_glob = ignore_glob
        self.root_dir = root_dir
        self.height = height
        self.max_height = max_height
        self.min_height = min_height
        self._folder = Folder(Path(root_dir), glob, ignore_glob)
        self.buttons = buttons
        super().__init__(value, **common)

    @property
    def folder(self) -> str:
        """Something that changes when the folder is another: where it is, visitors are not told."""
        return self._folder.mark

    @property
    def server_functions(self) -> Functions:
        """What the page may call."""
        return {"ls": self.ls}

    def preprocess(self, wire: Any, files: Files) -> str | list[str] | None:
        if wire is not None and not isinstance(wire, list):
            raise self.refuse_kind("a list of paths", wire)
        paths = [str(self._path_of(each)) for each in wire or ()]
        if self.file_count == "multiple":
            return paths
        if len(paths) > 1:
            raise self.refuse(f"{len(paths)} files; one is taken")
        return paths[0] if paths else None

    def _path_of(self, parts: Any) -> Path:
        path = self._folder.chosen(parts)
        if path is None:
            shown = "/".join(map(str, parts)) if isinstance(parts, list) else str(parts)
            raise self.refuse(f"there is no {shown[:80]!r} to choose")
        return path

    def postprocess(self, value: Any, files: Files) -> list[Parts] | None:
        if value is None:
            return None
        paths = [value] if isinstance(value, (str, Path)) else value
        return [self._folder.parts_of(Path(each)) for each in paths]

    def ls(self, parts: Any = None) -> list[dict[str, Any]]:
        """What is in a folder: `name`, `type` (file or folder), and `valid`, whether it may be chosen."""
        entries = self._folder.entries(parts or [])
        if entries is None:
            raise self.refuse("there is no such folder")
        return entries

    def api_info(self) -> dict[str, Any]:
        return {"type": "array", "items": {"type": "array", "items": {"type": "string"}}}

    def api_example(self) -> list[Parts]:
        """A file that can be chosen now."""
        entries = self._folder.entries([]) or []
        chosen = next((each["name"] for each in entries if each["type"] == "file" and each["valid"]), None)
        return [] if chosen is None else [[chosen]]
