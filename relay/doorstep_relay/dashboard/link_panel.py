"""One link: what there is to know of it, and all that may be done about it.

It stands below the tables of links, and shows the one that was chosen in any of them.
"""

from __future__ import annotations

from typing import Any, Final

import doorstep as ds
from doorstep_relay.control.actors import Actor
from doorstep_relay.control.history import ShareFacts
from doorstep_relay.dashboard.desk import Desk, SignedOutError
from doorstep_relay.dashboard.limit_form import OF_SHARES, LimitForm, Stated
from doorstep_relay.dashboard.link_actions import LinkActions
from doorstep_relay.dashboard.listing import QUIET
from doorstep_relay.dashboard.pieces import facts, link, note, page_of
from doorstep_relay.dashboard.policy_form import PolicyForm
from doorstep_relay.dashboard.words import clock_text, size_text
from doorstep_relay.domain.limits import as_stated
from doorstep_relay.domain.scopes import Scope
from doorstep_relay.domain.times import relative_text
from doorstep_relay.errors import Refusal
from doorstep_relay.markup import Html, fill
from doorstep_relay.store.audit import Filter

_EVERY: Final = 2.0
"""Seconds between two looks at the link that is shown."""
_HISTORY: Final = 5
_INTO_SIGHT: Final = """() => requestAnimationFrame(() =>
  document.getElementById('about')?.scrollIntoView({ block: 'nearest' }))"""


class LinkPanel:
    """Built where it stands on the page; `show_after` says what chooses a link."""

    def __init__(self, desk: Desk, *, is_admin: bool) -> None:
        self._desk = desk
        self._is_admin = is_admin
        self.chosen = ds.State("")
        self.timer = ds.Timer(_EVERY, active=False)
        with ds.Column(visible=False, elem_id="panel", elem_classes="detail") as self._box:
            self._about = ds.HTML(elem_id="about")
            self._build_tabs()
        shown = [self._about, *self._actions.buttons]
        self._actions.wire(self.chosen, shown, self.describe)
        self.timer.tick(self.tick, self.chosen, shown, **QUIET, trigger_mode="once")

    def _build_tabs(self) -> None:
        with ds.Tabs(elem_id="panel-tabs"):
            with ds.Tab("Pause or end"):
                self._actions = LinkActions(self._desk, is_admin=self._is_admin)
            with ds.Tab("Time and owner"):
                self._actions.build_time_and_owner()
            with ds.Tab("Who may look"):
                self._policy = PolicyForm(self._desk, self.chosen, is_admin=self._is_admin)
            with ds.Tab("Limits"):
                self._limits = LimitForm(self._desk, self.chosen, OF_SHARES, self._desk.viewer)
                self._limits.wire(self._read_limits, self._desk.services.limits.state_share)

    # -- choosing ----------------------------------------------------------------------------------

    def show_after(self, table: ds.Dataframe) -> None:
        """A click on a row of this table shows its link, whose name is in the first column."""
        outputs = [self.chosen, self._box, self.timer, self._about, *self._actions.buttons]
        picked = table.select(
            self.choose, self.chosen, [*outputs, *self._actions.typed, self._policy.question], **QUIET
        )
        picked.success(None, js=_INTO_SIGHT)
        self._policy.load_after(picked)
        self._limits.load_after(picked)

    async def choose(self, before: str, event: ds.SelectData, request: ds.Request) -> Any:
        """A row was clicked. What was typed about another link goes, and what was asked."""
        name = str((event.row_value or [""])[0])
        shown = await self.tick(name, request)
        gone = ds.update(visible=False)
        fresh = ["", "", gone, gone, gone] if name != before else [ds.skip() for _ in range(5)]
        return name, ds.update(visible=bool(name)), ds.update(active=bool(name)), *shown, *fresh

    async def tick(self, name: str, request: ds.Request) -> Any:
        """The chosen link as it is now."""
        as_it_was = [ds.skip() for _ in (self._about, *self._actions.buttons)]
        try:
            return await self.describe(name, await self._desk.viewer(request)) if name else as_it_was
        except SignedOutError:  # the page says so above
            return as_it_was
        except Refusal:
            hidden = [ds.update(visible=False) for _ in self._actions.buttons]
            return [note("There is no such link."), *hidden]

    # -- what it says ------------------------------------------------------------------------------

    async def describe(self, name: str, actor: Actor) -> list[Any]:
        """What there is to know, and which buttons make sense. Raises `NoSuchShare`."""
        share = await self._desk.find_share(name, actor)
        pieces = (
            fill("<h2>$name</h2>", name=share.name),
            facts([*self._durable(share), *self._live(share)]),
            await self._history(name, actor),
        )
        return [page_of(*pieces), *self._actions.fitting(share)]

    def _durable(self, share: ShareFacts) -> list[tuple[str, object]]:
        now = self._desk.now()
        is_over = share.ended_at is not None
        return [
            ("Link", link(self._desk.services.settings.share_url(share.name))),
            ("Owner", share.owner or "nobody"),
            ("State", state_text(share)),
            ("Reason", share.reason),
            ("Opened", relative_text(share.created_at, now)),
            ("Ended" if is_over else "Ends", relative_text(share.ended_at or share.expires_at, now)),
            ("Taken up", f"{share.epoch} times" if share.epoch > 1 else "once"),
            ("Asked of visitors", ", ".join(share.guarded).replace("_", "-")),
        ]

    def _live(self, share: ShareFacts) -> list[tuple[str, object]]:
        live = self._desk.here.switchboard.by_id(share.id)
        if live is None:
            return []
        tally = self._desk.here.tallies.of(live)
        return [
            ("Visitors now", live.pool.busy + live.pool.waiting),
            ("Requests", f"{tally.requests:,}"),
            ("Received", size_text(tally.bytes_in)),
            ("Sent", size_text(tally.bytes_out)),
        ]

    async def _history(self, name: str, actor: Actor) -> Html:
        """The latest events; a member's own alone, as the name may have been somebody else's before."""
        account = None if actor.may(Scope.admin) else actor.account_name
        events = await self._desk.services.trail.page(Filter(subject=name), account=account, limit=_HISTORY)
        lines = (
            fill(
                "<li><time>$at</time> $action by $actor$reason</li>",
                at=clock_text(event.at),
                actor=event.actor.removeprefix("account:"),
                action=event.action.removeprefix("share."),
                reason=f": “{event.reason}”" if event.reason else "",
            )
            for event in events
        )
        return Html(f'<ul class="history" aria-label="What happened last">{"".join(lines)}</ul>')

    async def _read_limits(self, name: str, actor: Actor) -> tuple[Stated, Stated]:
        limits = self._desk.services.limits
        share_id, owner_id, stated = await limits.share(name, actor)
        return stated, as_stated(limits.of_share(share_id, owner_id))


def state_text(share: ShareFacts) -> str:
    """`live`, or what keeps visitors out."""
    if share.paused_at is None or share.ended_at is not None:
        return str(share.state)
    return "paused by an admin" if share.paused_by == "admin" else "paused"
