"""Invitations, for admins: codes that each let one person in."""

from __future__ import annotations

from typing import Any, Final

import doorstep as ds
from doorstep_relay.control.actors import Actor
from doorstep_relay.control.invitations import InvitationFacts
from doorstep_relay.dashboard.confirming import Confirmation, Question
from doorstep_relay.dashboard.desk import Desk, told
from doorstep_relay.dashboard.listing import LOUD, PAGE, Listing, Rows, cut
from doorstep_relay.dashboard.words import clock_text
from doorstep_relay.domain.scopes import EVERY, USUAL, Role

_HEADERS: Final = ("No.", "Account", "Role", "State", "Made by", "Made", "Until")
_DAYS: Final = {"1 day": 1, "1 week": 7, "30 days": 30}


class InvitationTab:
    """Built where it stands on the page."""

    def __init__(self, desk: Desk, tab: ds.Tab) -> None:
        self._desk = desk
        self._listing = Listing("Invitations", _HEADERS, desk.admin, self.fetch)
        self._listing.wire(tab)
        with ds.Row(elem_classes="fields"):
            self._number: Any = ds.Number(
                label="Invitation no.", info="A click on a row", precision=0, minimum=1
            )
        with ds.Row(elem_classes="dash-actions"):
            away = ds.Button("Revoke invitation", variant="stop")
        self._listing.choose_into(self._number)
        confirm = Confirmation()
        confirm.ask(away, self.ask_revoke, [self._number])
        confirm.on("revoke", self.revoke)
        self._listing.after(confirm.wire([self._number]))
        self._build_new()

    def _build_new(self) -> None:
        with ds.Accordion("Invite somebody", open=False):
            with ds.Row(elem_classes="fields"):
                name = ds.Textbox(
                    label="For the account", info="Made when the code is used, if it is new", max_length=64
                )
                role = ds.Dropdown(
                    [role.value for role in Role],
                    value=Role.member.value,
                    label="Role",
                    info="Of a new account",
                    filterable=False,
                )
                lasts = ds.Dropdown(
                    list(_DAYS), value="1 week", label="Good for", info="And once", filterable=False
                )
            with ds.Row(elem_classes="dash-actions"):
                made = ds.Button("Invite", variant="primary")
            code = ds.Textbox(
                label="Code: copy it now, it is shown this once",
                interactive=False,
                buttons=["copy"],
                visible=False,
            )
        self._listing.after(made.click(self.invite, [name, role, lasts], code, **LOUD))

    async def fetch(self, _actor: Actor, cursor: int | None) -> tuple[Rows, int | None]:
        """A page of them."""
        found = await self._desk.services.invitations.list(after=cursor or 0, limit=PAGE + 1)
        shown, following = cut(found)
        now = self._desk.now()
        return [_row(invitation, now) for invitation in shown], following

    async def invite(self, name: str, role: str, lasts: str, request: ds.Request) -> Any:
        """A code that lets one person in, once."""
        with told():
            actor = await self._desk.admin(request)
            made = await self._desk.services.invitations.create(
                (name or "").strip(),
                by=actor,
                role=Role(role),
                scopes=EVERY if role == Role.admin else USUAL,
                expires_in=_DAYS[lasts] * 86400.0,
            )
            return ds.update(value=made.code, visible=True)

    async def ask_revoke(self, request: ds.Request, number: float | None) -> Question:
        """Whether a code is to be worth nothing."""
        with told():
            await self._desk.admin(request)
            wanted = int(number or 0)
            return Question(
                f"Let nobody in by invitation {wanted}?", f"Yes, revoke no. {wanted}", "revoke", (wanted,)
            )

    async def revoke(self, request: ds.Request, number: int) -> None:
        """Let nobody in by this one."""
        with told():
            actor = await self._desk.admin(request)
            await self._desk.obey(await self._desk.services.invitations.revoke(number, by=actor))


def _row(invitation: InvitationFacts, now: float) -> list[Any]:
    return [
        invitation.id,
        invitation.account,
        invitation.role.value,
        invitation.state(now),
        invitation.created_by,
        clock_text(invitation.created_at),
        clock_text(invitation.expires_at),
    ]
