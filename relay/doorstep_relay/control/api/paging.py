"""Long lists in pages: `?limit=&after=`, and `next` in the answer while there is more."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Final, TypeVar

from fastapi import Query
from pydantic import Field

T = TypeVar("T")

MOST: Final = 1000
PLAIN: Final = r"^[^\x00]*$"
"""Text without the one sign that no database takes."""
_LARGEST: Final = 2**63 - 1

Limit = Annotated[int, Query(ge=1, le=MOST, description="How many at the most.")]
After = Annotated[
    int | None,
    Query(ge=0, le=_LARGEST, description="`next` of the page before; left out for the first page."),
]
Next = Annotated[int | None, Field(description="What to give as `after` for the next page; null at the end.")]


def page(found: Sequence[T], limit: int, number: Callable[[T], int]) -> tuple[Sequence[T], int | None]:
    """One page and its `next`, from up to `limit` + 1 rows that were found."""
    if len(found) <= limit:
        return found, None
    shown = found[:limit]
    return shown, number(shown[-1])
