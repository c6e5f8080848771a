"""Patterns of names: `demo` is one name, `ci-*` are all that begin so. One star at most, for any signs."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final, TypeVar

from doorstep_relay.domain.names import MAX_LENGTH, random_name

PATTERN: Final = r"^[a-z0-9-]*\*?[a-z0-9-]*$"
_PATTERN: Final = re.compile(PATTERN[1:-1])

T = TypeVar("T")


def check_pattern(pattern: str) -> str:
    """`pattern` in lower case. Raises `ValueError` for what could match no name."""
    lowered = pattern.lower() if pattern.isascii() else ""
    if not _PATTERN.fullmatch(lowered) or not 0 < len(lowered) <= MAX_LENGTH:
        raise ValueError(
            f"{pattern[:MAX_LENGTH]!r} is no pattern of names: write letters, digits and hyphens, "
            "with at most one * (ci-*)"
        )
    return lowered


def parse_patterns(text: str) -> tuple[str, ...]:
    """The patterns in `text`, with blanks or commas between. Raises `ValueError`."""
    return tuple(dict.fromkeys(check_pattern(word) for word in text.replace(",", " ").split()))


def matches(pattern: str, name: str) -> bool:
    """Whether the name is one of the pattern's. A pattern for `name` is covered under the same rule."""
    head, star, tail = pattern.partition("*")
    if not star:
        return pattern == name
    return name.startswith(head) and name.endswith(tail) and len(name) >= len(head) + len(tail)


def allowed(patterns: tuple[str, ...], name: str) -> bool:
    """Whether some pattern has the name; no patterns at all have every name."""
    return not patterns or any(matches(pattern, name) for pattern in patterns)


def closest(ruled: Iterable[tuple[str, T]], name: str) -> T | None:
    """Of patterns and what they stand for, what the most exact one that has the name stands for.

    The name itself beats every pattern with a star, then more signs beat fewer.
    """
    fitting = [(_exactness(pattern), value) for pattern, value in ruled if matches(pattern, name)]
    return max(fitting, key=lambda one: one[0])[1] if fitting else None


def within(inner: Iterable[str], outer: tuple[str, ...]) -> bool:
    """Whether every name of `inner` is one of `outer`, too. No patterns at all mean every name."""
    wanted = tuple(inner)
    return not outer or (bool(wanted) and all(allowed(outer, pattern) for pattern in wanted))


def random_name_of(patterns: tuple[str, ...]) -> str | None:
    """A name that nobody guesses and that the patterns have; None when they leave no room for one."""
    if not patterns:
        return random_name()
    for pattern in patterns:
        filled = pattern.replace("*", random_name())
        if "*" in pattern and len(filled) <= MAX_LENGTH:
            return filled
    return None


def _exactness(pattern: str) -> tuple[bool, int, str]:
    return "*" not in pattern, len(pattern), pattern
