"""What a function makes of its examples, kept on disk so that an app which starts again need not compute it.

An example's outputs are wire values in a JSON file; the files among them lie in a folder beside it.
The cache belongs to one function with these inputs, outputs and examples: with another of them it is another.
"""

from __future__ import annotations

import hashlib
import inspect
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from doorstep.files import safe_name
from doorstep.kept_files import KeptFiles, shown

if TYPE_CHECKING:
    from doorstep.components.base import Component, Files

FOLDER: Final = Path(".doorstep/cached_examples")


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
        return [shown(wire, self._folder(number), files) for wire in wires]

    def has(self, number: int) -> bool:
        return self._file(number).is_file()

    def keep(self, number: int, outputs: list[Component], values: list[Any]) -> None:
        """Keep the outputs' Python values. Raises what `postprocess` does."""
        kept = KeptFiles(self._folder(number))
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
