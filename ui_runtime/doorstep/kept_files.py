"""Wire values that outlive the app: their files lie in a folder beside them."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from doorstep.files import safe_name

if TYPE_CHECKING:
    from doorstep.components.base import Files

_KEPT: Final = "kept file"


class KeptFiles:
    """Stands for a session's files while values are kept: copies in `folder`, named by their place in it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._count = 0

    def path_of(self, file: Any) -> Path:
        return self._folder / file[_KEPT] if _KEPT in file else Path(file["path"])

    def add(self, path: Path, name: str | None = None) -> dict[str, Any]:
        target = self._reserve(name or Path(path).name)
        shutil.copyfile(path, target)
        return self._value(target)

    def add_bytes(self, data: bytes, name: str) -> dict[str, Any]:
        target = self._reserve(name)
        target.write_bytes(data)
        return self._value(target)

    def add_address(self, address: str, name: str) -> dict[str, Any]:
        return {"path": None, "url": address, "orig_name": name}

    def add_empty(self, name: str) -> dict[str, Any]:
        return self.add_bytes(b"", name)

    def _reserve(self, name: str) -> Path:
        self._count += 1
        place = self._folder / str(self._count)
        place.mkdir(parents=True, exist_ok=True)
        return place / safe_name(name)

    def _value(self, target: Path) -> dict[str, Any]:
        return {_KEPT: target.relative_to(self._folder).as_posix()}


def kept(wire: Any, files: KeptFiles) -> Any:
    """A wire value with its files copied; `path` of each is where its bytes are (`events.call.located`)."""
    if isinstance(wire, list):
        return [kept(each, files) for each in wire]
    if not isinstance(wire, dict):
        return wire
    if isinstance(wire.get("path"), str) and "meta" in wire:
        return files.add(Path(wire["path"]), wire.get("orig_name"))
    return {key: kept(each, files) for key, each in wire.items()}


def shown(wire: Any, folder: Path, files: Files) -> Any:
    """A kept wire value with its files among `files`."""
    if isinstance(wire, list):
        return [shown(each, folder, files) for each in wire]
    if not isinstance(wire, dict):
        return wire
    if wire.keys() == {_KEPT}:
        path = folder / wire[_KEPT]
        return files.add_bytes(path.read_bytes(), path.name)
    return {key: shown(each, folder, files) for key, each in wire.items()}
