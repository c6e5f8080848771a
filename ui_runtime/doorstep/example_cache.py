"""What a function makes of its examples, kept on disk so that an app which starts again need not compute it.

An example's outputs are wire values in a JSON file; the files among them lie in a folder beside it.
The cache belongs to one function with these inputs, outputs and examples: with another of them it is another.
"""

from __future__ import annotations

import hashlib
import inspect
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from doorstep.files import safe_name

if TYPE_CHECKING:
    from doorstep.components.base import Component, Files

FOLDER: Final = Path(".doorstep/cached_examples")
_KEPT: Final = "cached file"


class ExampleCache:
    """The kept outputs of `count` examples in `folder`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def load(self, number: int, files: Files) -> list[Any] | None:
        """The wire values of an example's outputs, their files shown by `files`; None when it is not kept."""
        try:
            wires = json.loads(self._file(number).read_text())
        except (OSError, ValueError):
            return None
        return [_shown(wire, self._folder(number), files) for wire in wires]

    def has(self, number: int) -> bool:
        return self._file(number).is_file()

    def keep(self, number: int, outputs: list[Component], values: list[Any]) -> None:
        """Keep the outputs' Python values. Raises what `postprocess` does."""
        kept = _KeptFiles(self._folder(number))
        wires = [output.postprocess(value, kept) for output, value in zip(outputs, values, strict=True)]
        self.folder.mkdir(parents=True, exist_ok=True)
        unfinished = self._file(number).with_suffix(f".{os.getpid()}")
        unfinished.write_text(json.dumps(wires))
        unfinished.replace(self._file(number))

    def _file(self, number: int) -> Path:
        return self.folder / f"{number}.json"

    def _folder(self, number: int) -> Path:
        return self.folder / str(number)


def cache_of(fn: Callable[..., Any], inputs: list[Component], outputs: list[Component], rows: Any) -> Path:
    """The folder for this function with these examples. DOORSTEP_EXAMPLES_CACHE says in which other one."""
    base = os.environ.get("DOORSTEP_EXAMPLES_CACHE") or os.environ.get("GRADIO_EXAMPLES_CACHE")
    known = [_source(fn), [each.type for each in (*inputs, *outputs)], repr(rows)]
    digest = hashlib.blake2b(json.dumps(known).encode(), digest_size=10).hexdigest()
    return Path(base or FOLDER) / f"{safe_name(getattr(fn, '__name__', 'fn'))}-{digest}"


def _source(fn: Callable[..., Any]) -> str:
    try:
        return inspect.getsource(fn)
    except (OSError, TypeError):
        return getattr(fn, "__qualname__", type(fn).__qualname__)


class _KeptFiles:
    """Files of kept outputs: copies in a folder, named by it alone."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._count = 0

    def path_of(self, file: Any) -> Path:
        return Path(file["path"])

    def add(self, path: Path, name: str | None = None) -> dict[str, Any]:
        target = self._reserve(name or Path(path).name)
        shutil.copyfile(path, target)
        return self._value(target)

    def add_bytes(self, data: bytes, name: str) -> dict[str, Any]:
        target = self._reserve(name)
        target.write_bytes(data)
        return self._value(target)

    def _reserve(self, name: str) -> Path:
        self._count += 1
        place = self._folder / str(self._count)
        place.mkdir(parents=True, exist_ok=True)
        return place / safe_name(name)

    def _value(self, target: Path) -> dict[str, Any]:
        return {_KEPT: target.relative_to(self._folder).as_posix()}


def _shown(wire: Any, folder: Path, files: Files) -> Any:
    if isinstance(wire, list):
        return [_shown(each, folder, files) for each in wire]
    if not isinstance(wire, dict):
        return wire
    if wire.keys() == {_KEPT}:
        path = folder / wire[_KEPT]
        return files.add_bytes(path.read_bytes(), path.name)
    return {key: _shown(each, folder, files) for key, each in wire.items()}
