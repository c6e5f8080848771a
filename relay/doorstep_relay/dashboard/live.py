"""The live links that one viewer sees: found, put in order and cut to a page, off the event loop.

With 10,000 links that takes tens of milliseconds, so it runs in a thread on a list of what is live; one page
of it is all that goes to the browser.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from doorstep_relay.dashboard.words import size_text, sparkline, speed_text
from doorstep_relay.domain.times import duration_text
from doorstep_relay.switchboard.tally import Tally

PAGE: Final = 50
"""Links of a page."""
HEADERS: Final = [
    *("Link", "Owner", "Up for", "Ends in", "Visitors"),
    *("Requests/s", "Last minute", "Traffic", "In all"),
]
_NEVER: Final = float("inf")

_Order = Callable[[Tally], Any]
ORDERS: Final[dict[str, _Order]] = {
    "Newest first": lambda tally: -tally.share.share_id,
    "Most visitors": lambda tally: (-visitors(tally), -tally.rate, tally.share.name),
    "Most traffic": lambda tally: (-tally.bytes, -tally.bytes_in - tally.bytes_out, tally.share.name),
    "Ending soonest": lambda tally: (tally.share.expires_at or _NEVER, tally.share.name),
    "Name": lambda tally: tally.share.name,
    "Owner": lambda tally: (tally.share.owner, tally.share.name),
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a viewer asks to see. `account_id` None: everybody's."""

    search: str
    order: str
    page: int
    account_id: int | None


@dataclass(frozen=True, slots=True)
class Shown:
    """One page, and what all that were found have in common."""

    rows: list[list[Any]]
    found: int
    page: int
    visitors: int
    requests: int
    bytes: int

    @property
    def pages(self) -> int:
        return max(1, -(-self.found // PAGE))

    @property
    def range_text(self) -> str:
        """`51-100 of 10,000`."""
        if not self.found:
            return "No live links"
        first = self.page * PAGE
        return f"{first + 1:,}–{min(first + PAGE, self.found):,} of {self.found:,}"  # noqa: RUF001  # the dash of a range


def look(tallies: Sequence[Tally], looks: int, wanted: Wanted, now: float) -> Shown:
    """The page that is wanted, or the last one there is. `looks` is the number of the last count."""
    found = [tally for tally in tallies if _is_wanted(tally, wanted)]
    found.sort(key=ORDERS.get(wanted.order, ORDERS["Newest first"]))
    page = max(0, min(wanted.page, (len(found) - 1) // PAGE))
    shown = found[page * PAGE : (page + 1) * PAGE]
    return Shown(
        rows=[_row(tally, looks, now) for tally in shown],
        found=len(found),
        page=page,
        visitors=sum(map(visitors, found)),
        requests=sum(tally.rate for tally in found),
        bytes=sum(tally.bytes for tally in found),
    )


def visitors(tally: Tally) -> int:
    """Requests and WebSockets under way, and those that wait for the app."""
    return tally.share.pool.busy + tally.share.pool.waiting


def _is_wanted(tally: Tally, wanted: Wanted) -> bool:
    share = tally.share
    if wanted.account_id is not None and share.account_id != wanted.account_id:
        return False
    text = wanted.search.strip().lower()
    return text in share.name or text in share.owner.lower()


def _row(tally: Tally, looks: int, now: float) -> list[Any]:
    share = tally.share
    requests, _ = tally.last_minute(looks)
    return [
        share.name,
        share.owner or "nobody",
        duration_text(max(0.0, now - share.since)),
        "never" if share.expires_at is None else duration_text(max(0.0, share.expires_at - now)),
        "paused" if share.paused else f"{visitors(tally)}",
        f"{tally.rate}" if tally.rate else "",
        sparkline(requests),
        speed_text(tally.bytes),
        size_text(tally.bytes_in + tally.bytes_out),
    ]
