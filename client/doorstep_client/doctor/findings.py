"""What a step of an examination has found."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any


class Status(StrEnum):
    """How a step went. Only `failed` keeps a link from working."""

    ok = "ok"
    warning = "warning"
    failed = "failed"


@dataclass(frozen=True, slots=True)
class Finding:
    """One step. Nothing in it is secret."""

    step: str
    """`settings`, `proxy`, `dns`, `tcp`, `way`, `tls`, `relay`, `clock`, `upgrade`, `token`, `latency`,
    `link`, `tunnel` or `throughput`."""
    status: Status
    text: str
    advice: str = ""
    facts: dict[str, Any] = field(default_factory=dict)
    """The same for programs. Times are milliseconds."""

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def good(step: str, text: str, **facts: Any) -> Finding:
    """`step` works."""
    return Finding(step, Status.ok, text, facts=facts)


def doubtful(step: str, text: str, advice: str, **facts: Any) -> Finding:
    """`step` works, but not as well as it could."""
    return Finding(step, Status.warning, text, advice, facts)


def bad(step: str, text: str, advice: str, **facts: Any) -> Finding:
    """`step` does not work."""
    return Finding(step, Status.failed, text, advice, facts)
