"""All links that the database knows: live, offline and over. To find one, and to give a name free."""

from __future__ import annotations

from typing import Any, Final

import doorstep as ds
from doorstep_relay.control.actors import Actor
from doorstep_relay.dashboard.desk import Desk
from doorstep_relay.dashboard.link_panel import state_text
from doorstep_relay.dashboard.listing import PAGE, Listing, Rows, cut
from doorstep_relay.domain.lifecycle import ACTIVE, ENDED, State
from doorstep_relay.domain.scopes import Scope
from doorstep_relay.domain.times import relative_text
from doorstep_relay.store.shares import ShareSearch

_STATES: Final[dict[str, tuple[State, ...]]] = {
    "Live or offline": tuple(ACTIVE),
    "Live": (State.live,),
    "Offline": (State.offline,),
    "Paused": tuple(ACTIVE),
    "Over": tuple(ENDED),
    "Revoked": (State.revoked,),
    "Expired": (State.expired,),
}
_ORDERS: Final = {
    "Newest first": "-created",
    "Oldest first": "created",
    "Name": "name",
    "Ending soonest": "expires",
}
_HEADERS: Final = ("Link", "Owner", "State", "Opened", "Ends or ended", "Reason")


def build(desk: Desk, tab: ds.Tab, *, is_admin: bool) -> ds.Dataframe:
    """The tab's parts and what they do; its table."""

    async def fetch(
        actor: Actor, cursor: int | None, search: str, states: str, order: str
    ) -> tuple[Rows, int | None]:
        wanted = ShareSearch(
            text=search or "",
            states=_STATES[states],
            paused=True if states == "Paused" else None,
            sort=_ORDERS[order],
            after=cursor,
            limit=PAGE + 1,
        )
        everybody = is_admin and actor.may(Scope.admin)
        shown, following = cut(await desk.services.shares.search(wanted, None if everybody else actor))
        now = desk.now()
        return [_row(share, now) for share in shown], following

    with ds.Group(), ds.Row(elem_classes="fields"):
        search = ds.Textbox(label="Search", placeholder="Link or owner", max_length=64)
        states = ds.Dropdown(list(_STATES), value="Live or offline", label="Which", filterable=False)
        order = ds.Dropdown(list(_ORDERS), value="Newest first", label="In order", filterable=False)
    listing = Listing("Links", _HEADERS, desk.viewer, fetch, [search, states, order])
    listing.wire(tab)
    return listing.table


def _row(share: Any, now: float) -> list[Any]:
    ends = relative_text(share.ended_at or share.expires_at, now)
    return [
        share.name,
        share.owner or "nobody",
        state_text(share),
        relative_text(share.created_at, now),
        ends,
        share.reason,
    ]
