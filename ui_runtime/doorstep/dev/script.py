"""Runs a script as `__main__`, and runs it again in the same process.

What it and its modules have loaded stays: their globals are there when their code runs again, and
`if doorstep.NO_RELOAD:` is true for the first run only. So a model is loaded once.
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import doorstep
from doorstep.dev.watch import is_own, own_modules


class Script:
    """`path` with its command-line `arguments`; its own modules are those in `folders`."""

    def __init__(self, path: Path, arguments: Sequence[str], folders: list[Path]) -> None:
        self.path = path
        self._folders = folders
        self._main = ModuleType("__main__")
        self._main.__file__ = str(path)
        self._kept = _Kept()
        sys.argv = [str(path), *arguments]
        sys.path.insert(0, str(path.parent))
        sys.meta_path.insert(0, self._kept)

    @property
    def globals(self) -> dict[str, Any]:
        return self._main.__dict__

    def run(self) -> None:
        """Run it, with what it imports of its own read anew. Raises whatever the script does."""
        code = compile(self.path.read_bytes(), str(self.path), "exec")  # before anything is thrown away
        sys.modules["__main__"] = self._main
        for name, _ in list(own_modules(self._folders)):
            self._kept.keep(name, sys.modules.pop(name))
        exec(code, self.globals)  # noqa: S102  # as Python itself would
        doorstep.NO_RELOAD = False


def format_script_error(path: Path, error: Exception) -> str:
    """What went wrong and where, then the traceback from the script's own frame on."""
    shown = traceback.TracebackException.from_exception(error)
    inner = [number for number, frame in enumerate(shown.stack) if frame.filename == str(path)]
    shown.stack = traceback.StackSummary.from_list(shown.stack[inner[0] :] if inner else [])
    own = [frame for frame in shown.stack if is_own(Path(frame.filename), [path.parent])]
    where = f"line {own[-1].lineno} of {own[-1].filename}: " if own else ""
    return f"\n{where}{type(error).__name__}: {error}\n\n{''.join(shown.format())}"


class _Kept(importlib.abc.MetaPathFinder):
    """Imports modules that were imported before, with the globals that they had."""

    def __init__(self) -> None:
        self._globals: dict[str, dict[str, Any]] = {}

    def keep(self, name: str, module: ModuleType) -> None:
        self._globals[name] = {
            key: value for key, value in vars(module).items() if not (key[:2] == key[-2:] == "__")
        }

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname not in self._globals:
            return None
        spec = importlib.machinery.PathFinder.find_spec(fullname, path, target)
        if spec is not None and isinstance(spec.loader, importlib.machinery.SourceFileLoader):
            spec.loader = _KeepingLoader(fullname, spec.loader.path, self._globals.pop(fullname))
        return spec


class _KeepingLoader(importlib.machinery.SourceFileLoader):
    def __init__(self, name: str, path: str, kept: dict[str, Any]) -> None:
        super().__init__(name, path)
        self._kept = kept

    def exec_module(self, module: ModuleType) -> None:
        vars(module).update(self._kept)
        super().exec_module(module)
