"""All links that the database knows: live, offline and over. To find one, and to give a name free."""

from __future__ import annotations

from typing import Any, Final

import doorstep as ds
from doorstep_relay.control.actors import Actor
from doorstep_relay.dashboard.desk import Desk, told
from doorstep_relay.dashboard.listing import LOUD, PAGE, Listing, Rows, cut
from doorstep_relay.domain.lifecycle import ACTIVE, ENDED, State
from doorstep_relay.domain.scopes import Scope
from doorstep_relay.domain.times import relative_text
from doorstep_relay.store.shares import ShareSearch

_STATES: Final[dict[str, tuple[State, ...]]] = {
    "Live or offline": tuple(ACTIVE),
    "Offline": (State.offline,),
    "Over": tuple(ENDED),
    "Revoked": (State.revoked,),
}
_HEADERS: Final = ("Link", "Owner", "State", "Opened", "Ends or ended", "Reason")


def build(desk: Desk, tab: ds.Tab, *, is_admin: bool) -> None:
    """The tab's parts and what they do."""

    async def fetch(actor: Actor, cursor: int | None, search: str, states: str) -> tuple[Rows, int | None]:
        wanted = ShareSearch(
            text=search or "", states=_STATES[states], sort="-created", after=cursor, limit=PAGE + 1
        )
        everybody = is_admin and actor.may(Scope.admin)
        shown, following = cut(await desk.services.shares.search(wanted, None if everybody else actor))
        now = desk.now()
        return [_row(share, now) for share in shown], following

    async def release(name: str, request: ds.Request) -> None:
        """Anybody may open the name from now on."""
        with told():
            actor = await desk.admin(request)
            await desk.obey(await desk.services.shares.release(name, actor=actor))
            ds.Success(f"{name} is free.")

    with ds.Row():
        search = ds.Textbox(label="Search", placeholder="Part of a link's or an owner's name", max_length=64)
        states = ds.Dropdown(list(_STATES), value="Live or offline", label="Which", filterable=False)
    listing = Listing("Links", _HEADERS, desk.viewer, fetch, [search, states])
    listing.wire(tab)
    if is_admin:
        with ds.Row():
            name = ds.Textbox(label="Name to give free", placeholder="Of a link that is over", scale=3)
            free = ds.Button("Release name", scale=1)
        listing.choose_into(name)
        listing.after(free.click(release, name, None, **LOUD))


def _row(share: Any, now: float) -> list[Any]:
    state = "paused" if share.paused_at and share.ended_at is None else str(share.state)
    ends = relative_text(share.ended_at or share.expires_at, now)
    return [
        share.name,
        share.owner or "nobody",
        state,
        relative_text(share.created_at, now),
        ends,
        share.reason,
    ]
