"""The live links: what goes through them now.

A timer asks once a second. One page of rows goes to the browser, and only when something on it changed.
"""

from __future__ import annotations

import asyncio
from typing import Any, Final

import doorstep as ds
from doorstep_relay.dashboard.desk import Desk, SignedOutError
from doorstep_relay.dashboard.header import SIGNED_OUT
from doorstep_relay.dashboard.listing import QUIET
from doorstep_relay.dashboard.live import HEADERS, ORDERS, Shown, Wanted, look
from doorstep_relay.dashboard.pieces import facts, note, page_of
from doorstep_relay.dashboard.words import speed_text
from doorstep_relay.domain.scopes import Scope
from doorstep_relay.errors import Refusal

EVERY: Final = 1.0
"""Seconds."""
_EXTENSIONS: Final = {"1 hour": 3600.0, "1 day": 86400.0, "1 week": 604800.0, "30 days": 2592000.0}
_HISTORY: Final = 5


def build(desk: Desk, page: ds.Blocks, *, is_admin: bool) -> tuple[ds.Dataframe, ds.Timer]:
    """The tab's parts and what they do; its table, and what has it read anew."""
    return _Links(desk, is_admin=is_admin).build(page)


class _Links:
    def __init__(self, desk: Desk, *, is_admin: bool) -> None:
        self._desk = desk
        self._is_admin = is_admin
        self._looks = 0
        self._seen: dict[Wanted, asyncio.Task[Shown]] = {}
        """What was shown since the last count: ten people who look at the same are one look a second."""

    # -- what stands on the page -------------------------------------------------------------------

    def build(self, page: ds.Blocks) -> tuple[ds.Dataframe, ds.Timer]:
        totals = ds.HTML(elem_id="totals")
        with ds.Group(), ds.Row(elem_classes="fields"):
            search = ds.Textbox(label="Search", placeholder="Link or owner", max_length=64)
            order = ds.Dropdown(list(ORDERS), value="Newest first", label="Order", filterable=False)
        at, seen = ds.State(0), ds.State(None)
        table = ds.Dataframe(
            headers=HEADERS, type="array", interactive=False, label="Live links", buttons=[], max_height=460
        )
        with ds.Row(elem_classes="pager"):
            back = ds.Button("Previous", size="sm", visible=False)
            where = ds.HTML(elem_id="range")
            on = ds.Button("Next", size="sm", visible=False)
        timer = ds.Timer(EVERY)
        shown = [totals, table, where, back, on, at, seen]
        asked = [search, order, at, seen]
        page.load(self.tick, asked, shown, **QUIET)
        timer.tick(self.tick, asked, shown, **QUIET, trigger_mode="once")
        search.change(self.first, asked, shown, **QUIET, trigger_mode="always_last")
        order.change(self.first, asked, shown, **QUIET)
        back.click(self.back, asked, shown, **QUIET)
        on.click(self.on, asked, shown, **QUIET)
        return table, timer

    # -- the table ---------------------------------------------------------------------------------

    async def tick(self, search: str, order: str, at: int, seen: Any, request: ds.Request) -> Any:
        """The page of rows as it is now; nothing when nothing changed."""
        try:
            shown = await self._look(search, order, at, request)
        except (SignedOutError, Refusal):
            return page_of(SIGNED_OUT), *[ds.skip()] * 6
        stamp = hash(repr((shown.rows, shown.found, shown.page)))
        totals, where = _totals(shown), note(shown.range_text)
        if stamp == seen:
            return totals, *[ds.skip()] * 6
        return (
            totals,
            {"headers": HEADERS, "data": shown.rows},
            where,
            ds.update(visible=shown.pages > 1, interactive=shown.page > 0),
            ds.update(visible=shown.pages > 1, interactive=shown.page + 1 < shown.pages),
            shown.page,
            stamp,
        )

    async def first(self, search: str, order: str, _at: int, seen: Any, request: ds.Request) -> Any:
        """The first page of something else."""
        return await self.tick(search, order, 0, seen, request)

    async def back(self, search: str, order: str, at: int, seen: Any, request: ds.Request) -> Any:
        """The page before."""
        return await self.tick(search, order, at - 1, seen, request)

    async def on(self, search: str, order: str, at: int, seen: Any, request: ds.Request) -> Any:
        """The next page."""
        return await self.tick(search, order, at + 1, seen, request)

    async def _look(self, search: str, order: str, at: int, request: ds.Request) -> Shown:
        actor = await self._desk.viewer(request)
        everybody = self._is_admin and actor.may(Scope.admin)
        wanted = Wanted(search or "", order, at, None if everybody else actor.account_id)
        tallies = self._desk.here.tallies
        if self._looks != tallies.looks:
            self._looks, self._seen = tallies.looks, {}
        if wanted not in self._seen:
            live = list(tallies.live())  # here: the loop may change it while the thread looks
            self._seen[wanted] = asyncio.create_task(
                asyncio.to_thread(look, live, tallies.looks, wanted, self._desk.now())
            )
        return await asyncio.shield(self._seen[wanted])


def _totals(shown: Shown) -> str:
    pairs = [
        ("Live links", f"{shown.found:,}"),
        ("Visitors", f"{shown.visitors:,}"),
        ("Requests a second", f"{shown.requests:,}"),
        ("Traffic", speed_text(shown.bytes) or "none"),
    ]
    return page_of(facts(pairs, kind="totals"))
