"""What changed between two JSON values, as a few operations rather than the whole value again.

    [op, path, value]   op: `append` (the text at `path` grew by `value`), `replace`, `add`, `delete`

A patch is made for what generators show: a chat history whose last message grows, a list that gets longer, an
object with one new number. The work is about that of comparing the two values, most of it in C; past a bound
there is no patch, and the caller sends the whole value.
"""

from __future__ import annotations

import re
from typing import Any, Final

import msgspec

Path = list[str | int]
Operation = tuple[str, Path, Any]

MAX_SIZE: Final = 512 * 1024
"""Bytes of JSON: a bigger value is not looked into."""
MAX_STEPS: Final = 20_000
"""Values compared one by one (a few milliseconds)."""
MAX_OPERATIONS: Final = 64
"""A longer patch is hardly smaller than the value."""

_LIKE_TRUTH: Final = re.compile(rb"[:\[,](?:true|false|-?[01](?:\.0)?)[,\]}]")

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder().decode


class Snapshot:
    """A list or object as it was when it was shown. Never changed: the next one shares what is the same."""

    __slots__ = ("_is_ambiguous", "_size", "value")

    def __init__(self, value: Any) -> None:
        raw = _encode(value)
        self.value = _decode(raw)
        self._size = len(raw)
        self._is_ambiguous = _LIKE_TRUTH.search(raw) is not None

    def patch_to(self, new: Any) -> list[Operation] | None:
        """What turns this into `new`, which this is from now on. None when the whole is better sent."""
        if self._size > MAX_SIZE:
            self.__init__(new)  # type: ignore[misc]  # a fresh start
            return None
        comparison = _Comparison(self._is_ambiguous)
        try:
            value = comparison.between(self.value, new)
        except _TooMuch:
            self.__init__(new)  # type: ignore[misc]
            return None
        self.value = value
        self._size += comparison.size
        self._is_ambiguous = comparison.is_ambiguous
        is_whole = any(not path for _, path, _ in comparison.operations)
        return None if is_whole else comparison.operations


class _TooMuch(Exception):  # noqa: N818  # not an error: a patch is not worth its cost
    pass


class _Comparison:
    """One walk through an old and a new value.

    To Python `True == 1`, to a page they differ. So where the old value holds a truth value, 0 or 1, values
    are compared in their wire form; elsewhere `==` says it all.
    """

    def __init__(self, is_ambiguous: bool) -> None:
        self.is_ambiguous = is_ambiguous
        self.operations: list[Operation] = []
        self.size = 0
        """How many bytes of JSON are new."""
        self._was_ambiguous = is_ambiguous
        self._steps = 0
        self._path: Path = []

    def between(self, old: Any, new: Any) -> Any:
        """Note what differs; returns `new` as a value of its own that shares what is the same with `old`."""
        self._step()
        if type(new) is str and type(old) is str:
            return self._between_texts(old, new)
        if isinstance(new, (tuple, dict)) and type(new) is not dict:
            new = list(new) if isinstance(new, tuple) else dict(new)
        if type(new) is not type(old) or type(new) not in {list, dict}:
            return old if _is_same_leaf(old, new) else self._note("replace", self._own(new))
        if type(new) is list:
            return self._between_lists(old, new)
        if any(type(key) is not str for key in new):
            return self._note("replace", self._own(new))
        return self._between_objects(old, new)

    # -- kinds of values -----------------------------------------------------------------------

    def _between_texts(self, old: str, new: str) -> str:
        if old == new:
            return old
        if old and new.startswith(old):
            grown = new[len(old) :]
            self.size += len(grown)
            self._note("append", grown)
        else:
            self._note("replace", self._own(new))
        return new

    def _between_objects(self, old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
        for key in old.keys() - new.keys():
            self._note("delete", None, key)
        value = {}
        for key, item in new.items():
            if key not in old:
                value[key] = self._note("add", self._own(item), key)
            elif self._is_same(old[key], item):
                value[key] = old[key]
            else:
                value[key] = self._inside(key, old[key], item)
        return value

    def _between_lists(self, old: list[Any], new: list[Any]) -> list[Any]:
        """What is the same at both ends stays; between them items are taken one by one."""
        shorter = min(len(old), len(new))
        start = 0
        while start < shorter and self._is_same(old[start], new[start]):
            start += 1
        end = 0
        while end < shorter - start and self._is_same(old[-1 - end], new[-1 - end]):
            end += 1
        both = range(start, shorter - end)
        middle = [self._inside(index, old[index], new[index]) for index in both]
        for index in range(len(old) - end - 1, shorter - end - 1, -1):
            self._note("delete", None, index)
        added = range(shorter - end, len(new) - end)
        middle += [self._note("add", self._own(new[index]), index) for index in added]
        return [*old[:start], *middle, *old[len(old) - end :]]

    # -- pieces --------------------------------------------------------------------------------

    def _inside(self, key: str | int, old: Any, new: Any) -> Any:
        self._path.append(key)
        value = self.between(old, new)
        self._path.pop()
        return value

    def _note(self, operation: str, value: Any, *key: str | int) -> Any:
        self.operations.append((operation, [*self._path, *key], value))
        if len(self.operations) > MAX_OPERATIONS:
            raise _TooMuch
        return value

    def _own(self, new: Any) -> Any:
        """A copy, in the form that it has on the wire."""
        raw = _encode(new)
        self.size += len(raw)
        self.is_ambiguous = self.is_ambiguous or _LIKE_TRUTH.search(b"[%b]" % raw) is not None
        return _decode(raw)

    def _is_same(self, old: Any, new: Any) -> bool:
        self._step()
        return bool(old == new) and (not self._was_ambiguous or _encode(old) == _encode(new))

    def _step(self) -> None:
        self._steps += 1
        if self._steps > MAX_STEPS:
            raise _TooMuch


def _is_same_leaf(old: Any, new: Any) -> bool:
    return type(old) is type(new) and type(new) not in {list, dict} and bool(old == new)
