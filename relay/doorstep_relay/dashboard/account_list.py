"""Accounts, for admins: all of them, and new ones."""

from __future__ import annotations

from typing import Any, Final

import doorstep as ds
from doorstep_relay.control.accounts import AccountFacts
from doorstep_relay.control.actors import Actor
from doorstep_relay.dashboard.account_panel import AccountPanel
from doorstep_relay.dashboard.desk import Desk, told
from doorstep_relay.dashboard.listing import LOUD, PAGE, Listing, Rows, cut
from doorstep_relay.dashboard.words import clock_text
from doorstep_relay.domain.scopes import Role

_HEADERS: Final = ("Account", "Role", "E-mail", "Signs in by", "Since", "Banned", "Why")


class AccountTab:
    """Built where it stands on the page."""

    def __init__(self, desk: Desk, tab: ds.Tab) -> None:
        self._desk = desk
        with ds.Group(), ds.Row(elem_classes="fields"):
            search = ds.Textbox(label="Search", placeholder="Name or e-mail", max_length=64)
        listing = Listing("Accounts", _HEADERS, desk.admin, self.fetch, [search])
        listing.wire(tab)
        panel = AccountPanel(desk)
        panel.show_after(listing.table)
        for changed in panel.changes:
            listing.after(changed)
        with ds.Accordion("New account", open=False):
            with ds.Row(elem_classes="fields"):
                name = ds.Textbox(label="Name", info="Letters, digits and . _ - @ +", max_length=64)
                email = ds.Textbox(label="E-mail", info="By which OpenID Connect finds it", max_length=254)
                role = ds.Dropdown(
                    [role.value for role in Role],
                    value=Role.member.value,
                    label="Role",
                    info="Admins see and change everybody's",
                    filterable=False,
                )
            with ds.Row(elem_classes="dash-actions"):
                made = ds.Button("Make account", variant="primary")
        listing.after(made.click(self.create, [name, email, role], [name, email], **LOUD))

    async def fetch(self, _actor: Actor, cursor: int | None, text: str) -> tuple[Rows, int | None]:
        """A page of them."""
        found = await self._desk.services.accounts.list(
            text=(text or "").strip(), after=cursor or 0, limit=PAGE + 1
        )
        shown, following = cut(found)
        return [_row(account) for account in shown], following

    async def create(self, name: str, email: str, role: str, request: ds.Request) -> tuple[str, str]:
        """A new account; it has no token yet."""
        with told():
            actor = await self._desk.admin(request)
            made = await self._desk.services.accounts.create(
                (name or "").strip(), by=actor, role=Role(role), email=(email or "").strip()
            )
            ds.Success(f"{made.name} is made. A token or an invitation lets somebody in.")
            return "", ""


def _row(account: AccountFacts) -> list[Any]:
    return [
        account.name,
        account.role.value,
        account.email or "",
        (account.identity or "").partition(" ")[0],
        clock_text(account.created_at),
        "" if account.banned_at is None else clock_text(account.banned_at),
        account.ban_reason,
    ]
