"""What visitors report: filed by anybody, read and closed by admins. Each method is one transaction."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy.orm import Session

from doorstep_relay.control.actors import Actor
from doorstep_relay.control.pace import Pace
from doorstep_relay.control.turnstile import subscriber
from doorstep_relay.domain.names import lookup_form
from doorstep_relay.errors import BadReport, NoSuchReport, TooMany
from doorstep_relay.store import audit
from doorstep_relay.store.audit import Change, Entry
from doorstep_relay.store.database import Database
from doorstep_relay.store.models import Report
from doorstep_relay.store.reports import ReportRows
from doorstep_relay.store.shares import ShareRows

KINDS: Final = {
    "phishing": "Deception: it pretends to be somebody else, or asks for passwords",
    "malware": "Harmful software",
    "illegal": "Something that the law forbids",
    "personal": "My personal data or my work, without my consent",
    "other": "Something else",
}
"""What a report may be about, and how people read that."""
LONGEST_TEXT: Final = 2000
MOST_OPEN: Final = 10_000
"""Reports that may wait to be read: a flood fills no disk."""
_LONGEST_CONTACT: Final = 254
_BURST: Final = 5
_EVERY: Final = 600.0


@dataclass(frozen=True, slots=True)
class ReportFacts:
    """A report as admins see it. Times are unix seconds."""

    id: int
    at: float
    name: str
    share_id: int | None
    kind: str
    text: str
    contact: str
    address: str
    closed_at: float | None
    closed_by: str
    outcome: str


class Reports:
    """The service over the reports of one database. `clock` gives unix seconds."""

    def __init__(self, database: Database, clock: Callable[[], float]) -> None:
        self._database = database
        self._clock = clock
        self._pace = Pace(_BURST, _EVERY)

    async def file(self, link: str, *, kind: str, text: str, contact: str, address: str) -> int:
        """A visitor's report of a link, or a name; its number. Raises `BadReport` and `TooMany`.

        A link that there is not may be reported, too: whoever asks learns nothing by that.
        """
        name = name_in(link)
        if not name:
            raise BadReport("which link is it? Give its address")
        if kind not in KINDS:
            raise BadReport("choose what it is about")
        now = self._clock()
        wait = self._pace.take(subscriber(address), now)
        if wait > 0:
            raise TooMany("so many reports cannot be taken from one network", wait)
        report = Report(
            at=now,
            name=name,
            kind=kind,
            text=_plain(text, LONGEST_TEXT),
            contact=_plain(contact, _LONGEST_CONTACT),
            address=address[:45],
        )
        return await self._database.write(lambda session: _file(session, report))

    async def list(
        self, *, closed: bool | None = False, before: int | None = None, limit: int = 100
    ) -> Sequence[ReportFacts]:
        """Reports, newest first: open ones, closed ones or (None) both."""
        rows = await self._database.read(
            lambda session: ReportRows(session).page(closed=closed, before=before, limit=limit)
        )
        return [_facts(row) for row in rows]

    async def close(self, number: int, *, actor: Actor, outcome: str = "") -> tuple[ReportFacts, Change]:
        """Somebody has looked after it. Raises `NoSuchReport` when there is none, or none that is open."""
        now = self._clock()
        return await self._database.write(
            lambda session: _close(session, now, number, actor, _plain(outcome, 500))
        )


def name_in(link: str) -> str:
    """The share's name in a link, or in what somebody typed for one; empty when there is none."""
    host = link.strip().partition("://")[2] or link.strip()
    label = host.partition("/")[0].partition(":")[0].partition(".")[0]
    found = lookup_form(label[:63])
    return found or ""


def _file(session: Session, report: Report) -> int:
    rows = ReportRows(session)
    if rows.open_ones() >= MOST_OPEN:
        raise TooMany("too many reports wait to be read", _EVERY)
    found = ShareRows(session).look(report.name)
    report.share_id = found[0].id if found else None
    session.add(report)
    session.flush()
    return report.id


def _close(
    session: Session, now: float, number: int, actor: Actor, outcome: str
) -> tuple[ReportFacts, Change]:
    report = ReportRows(session).get(number)
    if report is None or report.closed_at is not None:
        raise NoSuchReport(number)
    report.closed_at, report.closed_by, report.outcome = now, actor.label, outcome
    session.flush()
    entry = Entry(
        at=now,
        actor=actor.label,
        action="report.close",
        subject=report.name,
        share_id=report.share_id,
        token_id=actor.token_id,
        reason=outcome,
        detail={"report": report.id},
    )
    (change,) = audit.record(session, entry)
    return _facts(report), change


def _facts(report: Report) -> ReportFacts:
    return ReportFacts(
        id=report.id,
        at=report.at,
        name=report.name,
        share_id=report.share_id,
        kind=report.kind,
        text=report.text,
        contact=report.contact,
        address=report.address,
        closed_at=report.closed_at,
        closed_by=report.closed_by or "",
        outcome=report.outcome or "",
    )


def _plain(text: str, longest: int) -> str:
    """What somebody wrote, of some length, without signs that steer a terminal; lines stay."""
    return "".join(sign for sign in text[:longest] if sign.isprintable() or sign == "\n")
