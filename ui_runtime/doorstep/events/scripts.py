"""The app's own JavaScript (`js=`): each piece is served as a module, never as inline code."""

from __future__ import annotations

import hashlib
import re
from typing import Final

from doorstep.later import note

_FUNCTION: Final = re.compile(
    r"\(*\s*(async\b\s*)?(function\b|\([^()]*(\([^()]*\)[^()]*)*\)\s*=>|[A-Za-z_$][\w$]*\s*=>)", re.DOTALL
)
_COMMENTS: Final = re.compile(r"\A(\s|//[^\n]*\n|/\*.*?\*/)*", re.DOTALL)


_SERVED: Final = re.compile(r"doorstep/script/([0-9a-f]+)\.js")

MOST: Final = 10_000


class Scripts:
    """Modules by name: the hash of what they hold. Beyond `MOST` of them the oldest are forgotten."""

    def __init__(self) -> None:
        self._modules: dict[str, str] = {}

    def add(self, code: str) -> str:
        """Serve `code`: its path, as the page asks for it."""
        return self.add_module(module_of(code))

    def add_module(self, module: str) -> str:
        """Serve a whole module as it is."""
        name = hashlib.blake2b(module.encode(), digest_size=16).hexdigest()
        self._modules[name] = self._modules.pop(name, module)
        if len(self._modules) > MOST:
            del self._modules[next(iter(self._modules))]
        return f"doorstep/script/{name}.js"

    def get(self, name: str) -> str | None:
        """The module `{name}.js`."""
        return self._modules.get(name)

    def has(self, path: str) -> bool:
        """Whether `path` is that of one of these modules."""
        found = _SERVED.fullmatch(path)
        return found is not None and found[1] in self._modules

    def update(self, other: Scripts) -> None:
        self._modules.update(other._modules)


author = Scripts()
"""Modules of components, which are made before anybody knows of which app."""


def module_of(code: str) -> str:
    """A module whose default export is `code`: a function as it is, anything else as a function's body.

    The body finds the values in `arguments`.
    """
    bare = code[_end_of_comments(code) :].rstrip().rstrip(";").rstrip()
    if _FUNCTION.match(bare):
        return f"export default (\n{bare}\n);\n"
    return f"export default async function () {{\n{code}\n}}\n"


def _end_of_comments(code: str) -> int:
    found = _COMMENTS.match(code)
    return found.end() if found else 0


def note_transpiling() -> None:
    note("js=True does nothing: the function runs in Python all the same")
