"""Rules about names: which are kept for an account, and which nobody gets. Members see what is theirs."""

from __future__ import annotations

from typing import Final

import doorstep as ds
from doorstep_relay.control.actors import Actor
from doorstep_relay.dashboard.confirming import Confirmation, Question
from doorstep_relay.dashboard.desk import Desk, told
from doorstep_relay.dashboard.listing import LOUD, PAGE, Listing, Rows, cut
from doorstep_relay.dashboard.words import clock_text
from doorstep_relay.domain.scopes import Scope

_KEPT: Final = ("Names", "Kept for", "By", "Since")
_DENIED: Final = ("Names", "Why", "By", "Since")
_HOW: Final = "* stands for any signs"


class NameTab:
    """Built where it stands on the page."""

    def __init__(self, desk: Desk, tab: ds.Tab, *, is_admin: bool) -> None:
        self._desk = desk
        self._is_admin = is_admin
        kept = Listing("Kept for accounts" if is_admin else "Kept for you", _KEPT, desk.viewer, self.kept)
        kept.wire(tab)
        if not is_admin:
            return
        self._build_kept(kept)
        denied = Listing("Nobody gets", _DENIED, desk.admin, self.denied)
        denied.wire(tab)
        self._build_denied(denied)

    def _build_kept(self, listing: Listing) -> None:
        with ds.Group(), ds.Row(elem_classes="fields"):
            pattern = ds.Textbox(label="Name to keep", info=_HOW, max_length=63)
            account = ds.Textbox(label="For the account", info="Who has it now keeps it", max_length=64)
        with ds.Row(elem_classes="dash-actions"):
            keep, away = (
                ds.Button("Keep name", variant="primary"),
                ds.Button("Keep no longer", variant="stop"),
            )
        listing.choose_into(pattern)
        confirm = Confirmation()
        confirm.ask(away, self.ask_unreserve, [pattern])
        confirm.on("unreserve", self.unreserve)
        listing.after(confirm.wire([pattern]))
        listing.after(keep.click(self.reserve, [pattern, account], [pattern, account], **LOUD))

    def _build_denied(self, listing: Listing) -> None:
        with ds.Group(), ds.Row(elem_classes="fields"):
            pattern = ds.Textbox(label="Name to deny", info=_HOW, max_length=63)
            reason = ds.Textbox(label="Why", info="Whoever asks for such a name reads it", max_length=200)
        with ds.Row(elem_classes="dash-actions"):
            deny, away = ds.Button("Deny name", variant="primary"), ds.Button("Allow again")
        listing.choose_into(pattern)
        listing.after(deny.click(self.deny, [pattern, reason], [pattern, reason], **LOUD))
        listing.after(away.click(self.allow, pattern, pattern, **LOUD))

    # -- what there is -----------------------------------------------------------------------------

    async def kept(self, actor: Actor, cursor: int | None) -> tuple[Rows, int | None]:
        """A page of what is kept."""
        everybody = self._is_admin and actor.may(Scope.admin)
        found = await self._desk.services.names.reserved(
            owner=None if everybody else actor, after=cursor or 0, limit=PAGE + 1
        )
        shown, following = cut(found)
        return [
            [rule.pattern, rule.account or "", _who(rule.created_by), clock_text(rule.created_at)]
            for rule in shown
        ], following

    async def denied(self, _actor: Actor, cursor: int | None) -> tuple[Rows, int | None]:
        """A page of what nobody gets."""
        found = await self._desk.services.names.denied(after=cursor or 0, limit=PAGE + 1)
        shown, following = cut(found)
        return [
            [rule.pattern, rule.reason, _who(rule.created_by), clock_text(rule.created_at)] for rule in shown
        ], following

    # -- what may be done --------------------------------------------------------------------------

    async def reserve(self, pattern: str, account: str, request: ds.Request) -> tuple[str, str]:
        """Nobody else opens such a name from now on."""
        with told():
            actor = await self._desk.admin(request)
            change = await self._desk.services.names.reserve(
                _typed(pattern), (account or "").strip(), actor=actor
            )
            await self._desk.obey(change)
            return "", ""

    async def ask_unreserve(self, request: ds.Request, pattern: str) -> Question:
        """Whether a name is to be anybody's."""
        with told():
            await self._desk.admin(request)
            name = _typed(pattern)
            return Question(f"Let anybody open {name}?", f"Yes, keep {name} no longer", "unreserve", (name,))

    async def unreserve(self, request: ds.Request, pattern: str) -> str:
        """Anybody may open such a name from now on."""
        with told():
            actor = await self._desk.admin(request)
            await self._desk.obey(await self._desk.services.names.unreserve(pattern, actor=actor))
            return ""

    async def deny(self, pattern: str, reason: str, request: ds.Request) -> tuple[str, str]:
        """Nobody gets such a name from now on."""
        with told():
            actor = await self._desk.admin(request)
            why = (reason or "").strip()
            await self._desk.obey(await self._desk.services.names.deny(_typed(pattern), why, actor=actor))
            return "", ""

    async def allow(self, pattern: str, request: ds.Request) -> str:
        """Deny it no longer."""
        with told():
            actor = await self._desk.admin(request)
            await self._desk.obey(await self._desk.services.names.allow(_typed(pattern), actor=actor))
            return ""


def _typed(pattern: str) -> str:
    return (pattern or "").strip()


def _who(label: str) -> str:
    return label.removeprefix("account:")
