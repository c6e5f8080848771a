"""What visitors reported, for admins: read it, end the link, close the report."""

from __future__ import annotations

from typing import Any, Final

import doorstep as ds
from doorstep_relay.control.actors import Actor
from doorstep_relay.control.reports import ReportFacts
from doorstep_relay.dashboard.confirming import Confirmation, Question
from doorstep_relay.dashboard.desk import Desk, told
from doorstep_relay.dashboard.listing import LOUD, PAGE, Listing, Rows, cut
from doorstep_relay.dashboard.words import clock_text, needed
from doorstep_relay.errors import NoSuchReport

_HEADERS: Final = ("No.", "Came", "Link", "About", "In their words", "Contact", "From", "Outcome")


class ReportTab:
    """Built where it stands on the page."""

    def __init__(self, desk: Desk, tab: ds.Tab) -> None:
        self._desk = desk
        which = ds.Radio(["Open", "Closed"], value="Open", label="Which")
        listing = Listing("Reports", _HEADERS, desk.admin, self.fetch, [which], wrap=True)
        listing.wire(tab)
        with ds.Group(), ds.Row(elem_classes="fields"):
            number: Any = ds.Number(label="Report no.", info="A click on a row", precision=0, minimum=1)
            outcome = ds.Textbox(label="Outcome", info="The reason, where a link is revoked", max_length=500)
        with ds.Row(elem_classes="dash-actions"):
            done = ds.Button("Close report", variant="primary")
            away = ds.Button("Revoke link and close", variant="stop")
        confirm = Confirmation()
        listing.choose_into(number)
        listing.after(done.click(self.close, [number, outcome], outcome, **LOUD))
        confirm.ask(away, self.ask_revoke, [number, outcome])
        confirm.on("revoke", self.revoke)
        listing.after(confirm.wire([outcome]))

    async def fetch(self, _actor: Actor, cursor: int | None, which: str) -> tuple[Rows, int | None]:
        """A page of the open ones, or of the closed ones."""
        closed = which == "Closed"
        found = await self._desk.services.reports.list(closed=closed, before=cursor, limit=PAGE + 1)
        shown, following = cut(found)
        return [_row(report) for report in shown], following

    async def close(self, number: float, outcome: str, request: ds.Request) -> str:
        """Somebody has looked after it."""
        with told():
            actor = await self._desk.admin(request)
            _, change = await self._desk.services.reports.close(
                int(number or 0), actor=actor, outcome=outcome or ""
            )
            await self._desk.obey(change)
            return ""

    async def ask_revoke(self, request: ds.Request, number: float, outcome: str) -> Question:
        """Whether the link is to end."""
        with told():
            await self._desk.admin(request)
            report = await _open_report(self._desk, int(number or 0))
            text = f"End {report.name} for good? Its visitors read the outcome as the reason."
            return Question(text, f"Yes, revoke {report.name}", "revoke", (report.id, needed(outcome)))

    async def revoke(self, request: ds.Request, number: int, outcome: str) -> str:
        """The link goes, with the outcome as its reason, and the report is closed."""
        with told():
            actor = await self._desk.admin(request)
            report = await _open_report(self._desk, number)
            await self._desk.obey(
                await self._desk.services.shares.revoke(report.name, actor=actor, reason=outcome)
            )
        return await self.close(number, outcome, request)


async def _open_report(desk: Desk, number: int) -> ReportFacts:
    found = await desk.services.reports.list(closed=False, before=number + 1, limit=1)
    if not found or found[0].id != number:
        raise NoSuchReport(number)
    return found[0]


def _row(report: ReportFacts) -> list[Any]:
    outcome = f"{report.outcome} ({report.closed_by})" if report.closed_at is not None else ""
    return [
        report.id,
        clock_text(report.at),
        report.name,
        report.kind,
        report.text,
        report.contact,
        report.address,
        outcome,
    ]
