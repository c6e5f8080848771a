"""What a storm knows for sure: whose each share is, when it was over, and what went wrong."""

from __future__ import annotations

import math
import random
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

GRACE: Final = 1.0
"""Seconds after its end in which a share may still serve."""


def dice(*names: object) -> random.Random:
    """Chance that falls the same way for the same names."""
    return random.Random("/".join(map(str, names)))  # noqa: S311  # a play, not a secret


def new_seed() -> str:
    return str(random.SystemRandom().randrange(10**6))


@dataclass
class Share:
    """A share as it should be."""

    name: str
    account: str
    token: str
    port: bool
    """Whether its app is behind a port; else it is in the client's process."""
    over: list[tuple[float, float]] = field(default_factory=list)
    """Spans in which it was over: from its revocation or expiry to its next opening."""

    def end(self, at: float) -> None:
        self.over.append((at, math.inf))

    def reopen(self, at: float) -> None:
        if self.over and self.over[-1][1] == math.inf:
            self.over[-1] = (self.over[-1][0], at)

    def was_over(self, stamp: float) -> bool:
        return any(begun + GRACE < stamp < ended for begun, ended in self.over)


@dataclass
class Log:
    """Outcomes by kind, and violations in words."""

    seed: str
    outcomes: Counter[str] = field(default_factory=Counter)
    events: list[str] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)
    base: dict[str, int] = field(default_factory=dict)
    """What the relay held before the storm, and `left`, after it."""
    left: dict[str, int] = field(default_factory=dict)

    def violated(self, what: str) -> None:
        self.violations.append(what)


def sent_twice(journals: Path) -> list[str]:
    """Tokens that more than one call of an app saw."""
    seen: Counter[str] = Counter()
    for journal in journals.iterdir():
        seen.update(journal.read_text().split())
    seen.pop("-", None)
    return [f"{token} reached an app {count} times" for token, count in seen.items() if count > 1]
