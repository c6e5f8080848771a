"""A folder that visitors look into: what they see of it, and that they never come out of it.

A path is a list of names below the root. Names are checked one by one, and what they lead to is compared
with the root once more by where it really is, so neither `..` nor a link leads out.
"""

from __future__ import annotations

import fnmatch
import os
import re
import secrets
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

Parts = list[str]

MAX_ENTRIES: Final = 10_000
"""How much of one folder is listed."""
MAX_DEPTH: Final = 64
_KEY: Final = secrets.token_bytes(16)


class Folder:
    """What `glob` matches below `root`, without what `ignore` matches."""

    def __init__(self, root: Path, glob: str, ignore: str | None) -> None:
        self.root = Path(os.path.abspath(root))  # noqa: PTH100  # links stay: paths are shown as they were given
        self._pattern = [each for each in glob.replace("\\", "/").split("/") if each not in {"", "."}]
        self._matches = _compiled(self._pattern)
        self._ignore = ignore
        self._ignored = None if ignore is None else _compiled(ignore.replace("\\", "/").split("/"))

    @property
    def mark(self) -> str:
        """Tells this folder from another, and nothing more."""
        return blake2b(str(self.root).encode(), digest_size=6, key=_KEY).hexdigest()

    def chosen(self, parts: Any) -> Path | None:
        """Where something that may be chosen is."""
        found = self._real(parts)
        return found if found is not None and parts and self._is_match(parts) else None

    def entries(self, parts: Any) -> list[dict[str, Any]] | None:
        """What a person sees of the folder there, folders first; None if there is none."""
        found = self._real(parts)
        if found is None or not found.is_dir():
            return None
        seen = [self._entry([*parts, name], is_folder) for name, is_folder in _listed(found)]
        shown = [each for each in seen if each is not None]
        return sorted(shown, key=lambda each: (each["type"] == "file", each["name"].lower()))[:MAX_ENTRIES]

    def parts_of(self, path: Path) -> Parts:
        """The names that lead to a path. Raises `ValueError` for one that is not below the root."""
        whole = Path(os.path.abspath(self.root / path))  # noqa: PTH100  # `resolve` follows links
        if not whole.is_relative_to(self.root) or whole == self.root:
            raise ValueError(f"{str(path)!r} is not below {str(self.root)!r}")
        return list(whole.relative_to(self.root).parts)

    # -- what may be seen ----------------------------------------------------------------------

    def _real(self, parts: Any) -> Path | None:
        if not isinstance(parts, list) or len(parts) > MAX_DEPTH or not all(map(_is_name, parts)):
            return None
        if any(self._is_ignored(parts[: end + 1]) for end in range(len(parts))):
            return None
        path = self.root.joinpath(*parts)
        try:
            real = Path(os.path.realpath(path, strict=True))
        except (OSError, ValueError):
            return None
        return path if real.is_relative_to(os.path.realpath(self.root)) else None

    def _entry(self, parts: Parts, is_folder: bool) -> dict[str, Any] | None:
        if self._real(parts) is None:
            return None
        is_match = self._is_match(parts)
        if not is_match and not (is_folder and self._leads_on(parts)):
            return None
        return {"name": parts[-1], "type": "folder" if is_folder else "file", "valid": is_match}

    def _is_match(self, parts: Parts) -> bool:
        return bool(self._matches.fullmatch("/".join(parts)))

    def _is_ignored(self, parts: Parts) -> bool:
        if _is_hidden(parts[-1]) and not any(_is_hidden(each) for each in self._pattern):
            return True
        if self._ignored is None or self._ignore is None:
            return False
        by_name = "/" not in self._ignore and fnmatch.fnmatchcase(parts[-1], self._ignore)
        return by_name or bool(self._ignored.fullmatch("/".join(parts)))

    def _leads_on(self, parts: Parts) -> bool:
        """Whether something below this folder may match."""
        for name, wanted in zip(parts, self._pattern, strict=False):
            if wanted == "**":
                return True
            if not fnmatch.fnmatchcase(name, wanted):
                return False
        return len(parts) < len(self._pattern)


def _is_name(part: Any) -> bool:
    """Whether it is one name, and no way elsewhere."""
    return (
        isinstance(part, str)
        and part not in {"", ".", ".."}
        and not any(each in part for each in "/\\\0")
        and Path(part).name == part
    )


def _is_hidden(name: str) -> bool:
    return name.startswith(".")


def _listed(folder: Path) -> Iterator[tuple[str, bool]]:
    try:
        with os.scandir(folder) as entries:
            yield from ((each.name, each.is_dir()) for each in entries)
    except OSError:
        return


def _compiled(pattern: list[str]) -> re.Pattern[str]:
    """A glob over whole paths: `**` is any number of folders."""
    text = ""
    for number, part in enumerate(pattern):
        is_last = number + 1 == len(pattern)
        if part == "**":
            text += ".*" if is_last else "(?:[^/]+/)*"
        else:
            text += _segment(part) + ("" if is_last else "/")
    return re.compile(text, re.DOTALL)


def _segment(part: str) -> str:
    """One name's pattern; a star stops at a slash."""
    found = re.fullmatch(r"\(\?s:(.*)\)\\[Zz]", fnmatch.translate(part), re.DOTALL)
    inner = found[1] if found is not None else re.escape(part)
    return f"(?!/){inner.replace('.*', '[^/]*')}"
