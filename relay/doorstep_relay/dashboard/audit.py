"""The audit trail: everybody's for admins, of their own account for members; to read, and as a file."""

from __future__ import annotations

import json
from typing import Any, Final
from urllib.parse import urlencode

import doorstep as ds
from doorstep_relay.control.actors import Actor
from doorstep_relay.control.trail import EventFacts
from doorstep_relay.dashboard.audit_file import PATH
from doorstep_relay.dashboard.desk import Desk
from doorstep_relay.dashboard.listing import PAGE, QUIET, Listing, Rows, cut
from doorstep_relay.dashboard.pieces import page_of
from doorstep_relay.dashboard.words import clock_text
from doorstep_relay.domain.scopes import Scope
from doorstep_relay.markup import fill
from doorstep_relay.store.audit import Filter

_EVENTS: Final = ("When (UTC)", "Who", "What", "To", "Reason", "More")
_KINDS: Final = {
    "Everything": None,
    "Links": "share.",
    "Tokens": "token.",
    "Accounts": "account.",
    "Invitations": "invite.",
    "Sign-ins": "signin.",
    "Names": "name.",
    "Domains": "domain.",
    "Reports": "report.",
}
_FILE: Final = """<p class="note"><a href="$path" download>Download these as JSON Lines</a></p>"""


class AuditTab:
    """Built where it stands on the page."""

    def __init__(self, desk: Desk, tab: ds.Tab, *, is_admin: bool) -> None:
        self._desk = desk
        self._is_admin = is_admin
        with ds.Group(), ds.Row(elem_classes="fields"):
            kind = ds.Dropdown(list(_KINDS), value="Everything", label="About", filterable=False)
            subject = ds.Textbox(label="Link or account", placeholder="Its exact name", max_length=64)
            account = ds.Textbox(label="Whose", placeholder="An account", max_length=64, visible=is_admin)
            since = ds.DateTime(label="From (UTC)", timezone="UTC")
            until = ds.DateTime(label="Until (UTC)", timezone="UTC")
        filters: list[Any] = [kind, subject, account, since, until]
        file = ds.HTML(_file_link("Everything", "", "", None, None))
        Listing("Audit trail, newest first", _EVENTS, desk.viewer, self.fetch, filters, wrap=True).wire(tab)
        for each in filters:
            each.change(_file_link, filters, file, **QUIET, trigger_mode="always_last")

    async def fetch(
        self,
        actor: Actor,
        cursor: int | None,
        kind: str,
        subject: str,
        account: str,
        since: float | None,
        until: float | None,
    ) -> tuple[Rows, int | None]:
        """A page of events."""
        everybody = self._is_admin and actor.may(Scope.admin)
        wanted = Filter(
            action=_KINDS[kind], subject=(subject or "").strip() or None, since=since, until=until
        )
        whose = ((account or "").strip() or None) if everybody else actor.account_name
        found = await self._desk.services.trail.page(wanted, account=whose, before=cursor, limit=PAGE + 1)
        shown, following = cut(found)
        return [_row(event) for event in shown], following


def _file_link(kind: str, subject: str, account: str, since: float | None, until: float | None) -> str:
    given = {
        "action": _KINDS[kind],
        "subject": (subject or "").strip(),
        "account": (account or "").strip(),
        "since": since,
        "until": until,
    }
    query = urlencode({name: value for name, value in given.items() if value not in (None, "")})
    return page_of(fill(_FILE, path=f"{PATH}?{query}" if query else PATH))


def _row(event: EventFacts) -> list[Any]:
    more = json.dumps(dict(event.detail), ensure_ascii=False, default=str) if event.detail else ""
    return [clock_text(event.at), event.actor, event.action, event.subject, event.reason, more[:300]]
