"""The live links: what goes through them now, and what may be done about one.

A timer asks once a second. One page of rows goes to the browser, and only when something on it changed.
"""

from __future__ import annotations

import asyncio
from typing import Any, Final

import doorstep as ds
from doorstep_relay.control.actors import Actor
from doorstep_relay.control.history import ShareFacts
from doorstep_relay.dashboard.desk import Desk, SignedOutError, told
from doorstep_relay.dashboard.listing import LOUD, QUIET
from doorstep_relay.dashboard.live import HEADERS, ORDERS, Shown, Wanted, look
from doorstep_relay.dashboard.pieces import Html, facts, fill, link, note, page_of
from doorstep_relay.dashboard.words import clock_text, needed, size_text, speed_text
from doorstep_relay.domain.claims import owns
from doorstep_relay.domain.scopes import Scope
from doorstep_relay.domain.times import relative_text
from doorstep_relay.errors import NoSuchAccount, NoSuchShare, Refusal
from doorstep_relay.store.audit import Filter

EVERY: Final = 1.0
"""Seconds."""
_EXTENSIONS: Final = {"1 hour": 3600.0, "1 day": 86400.0, "1 week": 604800.0, "30 days": 2592000.0}
_HISTORY: Final = 5
_OUT: Final = '<p role="alert">You are signed in no more. <a href="/sign-in?next=%2F">Sign in</a></p>'


def build(desk: Desk, page: ds.Blocks, *, is_admin: bool) -> None:
    """The tab's parts and what they do."""
    _Links(desk, is_admin=is_admin).build(page)


class _Links:
    def __init__(self, desk: Desk, *, is_admin: bool) -> None:
        self._desk = desk
        self._is_admin = is_admin

    # -- what stands on the page -------------------------------------------------------------------

    def build(self, page: ds.Blocks) -> None:
        totals = ds.HTML(elem_id="totals")
        with ds.Row():
            search = ds.Textbox(
                label="Search", placeholder="Part of a link's or an owner's name", max_length=64
            )
            order = ds.Dropdown(list(ORDERS), value="Newest first", label="Order", filterable=False)
        at, seen, chosen = ds.State(0), ds.State(None), ds.State("")
        table = ds.Dataframe(
            headers=HEADERS, type="array", interactive=False, label="Live links", buttons=[], max_height=560
        )
        with ds.Row(elem_classes="pager"):
            back = ds.Button("Previous", size="sm", interactive=False)
            where = ds.HTML(elem_id="range")
            on = ds.Button("Next", size="sm", interactive=False)
        panel = ds.Column(visible=False, elem_id="panel")
        with panel:
            about = ds.HTML(elem_id="about")
        timer = ds.Timer(EVERY)
        shown = [totals, table, where, back, on, at, seen]
        asked = [search, order, at, seen]
        page.load(self.tick, asked, shown, **QUIET)
        timer.tick(self.tick, asked, shown, **QUIET, trigger_mode="once")
        search.change(self.first, asked, shown, **QUIET, trigger_mode="always_last")
        order.change(self.first, asked, shown, **QUIET)
        back.click(self.back, asked, shown, **QUIET)
        on.click(self.on, asked, shown, **QUIET)
        table.select(self.choose, None, [chosen, panel, about], **QUIET)
        timer.tick(self.describe, chosen, about, **QUIET, trigger_mode="once")
        with panel:
            self._build_actions(chosen, about)

    def _build_actions(self, chosen: ds.State, about: ds.HTML) -> None:
        with ds.Row():
            reason = ds.Textbox(
                label="Reason", placeholder="Visitors and the owner read it", max_length=500, scale=3
            )
            revoke = ds.Button("Revoke link", variant="stop", scale=1)
            if self._is_admin:
                ban = ds.Button("Ban owner", variant="stop", scale=1)
        with ds.Row():
            by = ds.Dropdown(list(_EXTENSIONS), value="1 day", label="Longer by", filterable=False, scale=3)
            extend = ds.Button("Extend", scale=1)
            pause = ds.Button("Pause", scale=1)
            resume = ds.Button("Resume", scale=1)
        revoke.click(self.revoke, [chosen, reason], [about, reason], **LOUD)
        extend.click(self.extend, [chosen, by], about, **LOUD)
        pause.click(self.pause, chosen, about, **LOUD)
        resume.click(self.resume, chosen, about, **LOUD)
        if self._is_admin:
            ban.click(self.ban, [chosen, reason], [about, reason], **LOUD)

    # -- the table ---------------------------------------------------------------------------------

    async def tick(self, search: str, order: str, at: int, seen: Any, request: ds.Request) -> Any:
        """The page of rows as it is now; nothing when nothing changed."""
        try:
            shown = await self._look(search, order, at, request)
        except (SignedOutError, Refusal):
            return _OUT, *[ds.skip()] * 6
        stamp = hash(repr((shown.rows, shown.found, shown.page)))
        totals, where = _totals(shown), note(shown.range_text)
        if stamp == seen:
            return totals, *[ds.skip()] * 6
        return (
            totals,
            {"headers": HEADERS, "data": shown.rows},
            where,
            ds.update(interactive=shown.page > 0),
            ds.update(interactive=shown.page + 1 < shown.pages),
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
        live = list(tallies.live())  # here: the loop may change it while the thread looks
        return await asyncio.to_thread(look, live, tallies.looks, wanted, self._desk.now())

    # -- one link ----------------------------------------------------------------------------------

    async def choose(self, event: ds.SelectData, request: ds.Request) -> Any:
        """A row was clicked."""
        name = str((event.row_value or [""])[0])
        return name, ds.update(visible=bool(name)), await self.describe(name, request)

    async def describe(self, name: str, request: ds.Request) -> Any:
        """What there is to know of the chosen link, as it is now."""
        if not name:
            return ds.skip()
        try:
            actor = await self._desk.viewer(request)
            return await self._about(name, actor)
        except (SignedOutError, Refusal):
            return note("There is no such link.")

    async def _about(self, name: str, actor: Actor) -> str:
        share = await self._find(name, actor)
        lines = [*_durable(share, self._desk.services.settings.share_url(share.name), self._desk.now())]
        live = self._desk.here.switchboard.by_id(share.id)
        if live is not None:
            tally = self._desk.here.tallies.of(live)
            lines += [
                ("Visitors now", live.pool.busy + live.pool.waiting),
                ("Requests", f"{tally.requests:,}"),
                ("Received", size_text(tally.bytes_in)),
                ("Sent", size_text(tally.bytes_out)),
            ]
        return page_of(
            fill("<h2>$name</h2>", name=share.name), facts(lines), await self._history(name, actor)
        )

    async def _history(self, name: str, actor: Actor) -> Html:
        """The latest events; a member's own alone, as the name may have been somebody else's before."""
        account = None if actor.may(Scope.admin) else actor.account_name
        events = await self._desk.services.trail.page(Filter(subject=name), account=account, limit=_HISTORY)
        lines = (
            fill(
                "<li>$at $actor: $action$reason</li>",
                at=clock_text(event.at),
                actor=event.actor,
                action=event.action,
                reason=f" “{event.reason}”" if event.reason else "",
            )
            for event in events
        )
        return Html(f'<ul class="history">{"".join(lines)}</ul>')

    async def _find(self, name: str, actor: Actor) -> ShareFacts:
        """A link that the viewer may see. Raises `NoSuchShare` for all others."""
        share = await self._desk.services.shares.find(name)
        if share is None or not (actor.may(Scope.admin) or owns(actor.account_id, share.owner_id)):
            raise NoSuchShare(name)
        return share

    # -- what may be done --------------------------------------------------------------------------

    async def revoke(self, name: str, reason: str, request: ds.Request) -> Any:
        """End the link; its visitors read the reason."""
        with told():
            actor = await self._desk.viewer(request)
            change = await self._desk.services.shares.revoke(name, actor=actor, reason=needed(reason))
            await self._desk.obey(change)
            ds.Success(f"{name} is revoked.")
            return await self._about(name, actor), ""

    async def extend(self, name: str, by: str, request: ds.Request) -> Any:
        """Put off the link's end."""
        with told():
            actor = await self._desk.viewer(request)
            change = await self._desk.services.shares.extend(name, _EXTENSIONS[by], actor=actor)
            await self._desk.obey(change)
            return await self._about(name, actor)

    async def pause(self, name: str, request: ds.Request) -> Any:
        """Let nobody see the link for a while."""
        with told():
            actor = await self._desk.viewer(request)
            await self._desk.obey(await self._desk.services.shares.pause(name, actor=actor))
            return await self._about(name, actor)

    async def resume(self, name: str, request: ds.Request) -> Any:
        """Let visitors see the link again."""
        with told():
            actor = await self._desk.viewer(request)
            await self._desk.obey(await self._desk.services.shares.unpause(name, actor=actor))
            return await self._about(name, actor)

    async def ban(self, name: str, reason: str, request: ds.Request) -> Any:
        """Shut the link's owner out, with all their links."""
        with told():
            actor = await self._desk.admin(request)
            share = await self._find(name, actor)
            if share.owner is None:
                raise NoSuchAccount("of nobody")
            changes = await self._desk.services.accounts.ban(share.owner, by=actor, reason=needed(reason))
            await self._desk.obey(*changes)
            ds.Success(f"{share.owner} is banned.")
            return await self._about(name, actor), ""


def _durable(share: ShareFacts, url: str, now: float) -> list[tuple[str, object]]:
    return [
        ("Link", link(url)),
        ("Owner", share.owner or "nobody"),
        ("State", "paused" if share.paused_at and share.ended_at is None else share.state),
        ("Reason", share.reason),
        ("Opened", relative_text(share.created_at, now)),
        (
            "Ends" if share.ended_at is None else "Ended",
            relative_text(share.ended_at or share.expires_at, now),
        ),
        ("Taken up", f"{share.epoch} times" if share.epoch > 1 else "once"),
    ]


def _totals(shown: Shown) -> str:
    pairs = [
        ("Live links", f"{shown.found:,}"),
        ("Visitors", f"{shown.visitors:,}"),
        ("Requests a second", f"{shown.requests:,}"),
        ("Traffic", speed_text(shown.bytes) or "none"),
    ]
    return page_of(facts(pairs, kind="totals"))
