"""Accounts and invitations, for admins."""

from __future__ import annotations

from typing import Any, Final

import doorstep as ds
from doorstep_relay.control.accounts import AccountChange, AccountFacts
from doorstep_relay.control.actors import Actor
from doorstep_relay.control.invitations import InvitationFacts
from doorstep_relay.dashboard.desk import Desk, told
from doorstep_relay.dashboard.listing import LOUD, PAGE, Listing, Rows, cut
from doorstep_relay.dashboard.words import clock_text, needed
from doorstep_relay.domain.scopes import EVERY, USUAL, Role

_ACCOUNTS: Final = ("Account", "Role", "E-mail", "Signs in by", "Since", "Banned", "Why")
_INVITATIONS: Final = ("No.", "Account", "Role", "State", "Made by", "Made", "Until")
_DAYS: Final = {"1 day": 1, "1 week": 7, "30 days": 30}
_ROLES: Final = [role.value for role in Role]


def build(desk: Desk, tab: ds.Tab) -> None:
    """The accounts' tab."""

    async def fetch(_actor: Actor, cursor: int | None) -> tuple[Rows, int | None]:
        shown, following = cut(await desk.services.accounts.list(after=cursor or 0, limit=PAGE + 1))
        return [_account_row(account) for account in shown], following

    async def create(name: str, role: str, request: ds.Request) -> None:
        """A new account; it has no token yet."""
        with told():
            actor = await desk.admin(request)
            await desk.services.accounts.create((name or "").strip(), by=actor, role=Role(role))

    async def change_role(name: str, role: str, request: ds.Request) -> None:
        """Another role: its tokens and sessions obey at once."""
        with told():
            actor = await desk.admin(request)
            _, changes = await desk.services.accounts.change(name, AccountChange(role=Role(role)), by=actor)
            await desk.obey(*changes)

    async def ban(name: str, reason: str, request: ds.Request) -> str:
        """Shut an account out, with all its links."""
        with told():
            actor = await desk.admin(request)
            await desk.obey(*await desk.services.accounts.ban(name, by=actor, reason=needed(reason)))
            return ""

    async def unban(name: str, request: ds.Request) -> None:
        """Let an account in again."""
        with told():
            actor = await desk.admin(request)
            await desk.obey(*await desk.services.accounts.unban(name, by=actor))

    listing = Listing("Accounts", _ACCOUNTS, desk.admin, fetch)
    listing.wire(tab)
    with ds.Row():
        name = ds.Textbox(label="Account", max_length=64)
        role = ds.Dropdown(_ROLES, value=Role.member.value, label="Role", filterable=False)
        made, changed = ds.Button("Make account"), ds.Button("Change role")
    with ds.Row():
        reason = ds.Textbox(
            label="Reason of a ban", placeholder="They and their visitors read it", max_length=500
        )
        banned, again = ds.Button("Ban", variant="stop"), ds.Button("Let in again")
    listing.choose_into(name)
    listing.after(made.click(create, [name, role], None, **LOUD))
    listing.after(changed.click(change_role, [name, role], None, **LOUD))
    listing.after(banned.click(ban, [name, reason], reason, **LOUD))
    listing.after(again.click(unban, name, None, **LOUD))


def build_invitations(desk: Desk, tab: ds.Tab) -> None:
    """The invitations' tab."""

    async def fetch(_actor: Actor, cursor: int | None) -> tuple[Rows, int | None]:
        shown, following = cut(await desk.services.invitations.list(after=cursor or 0, limit=PAGE + 1))
        now = desk.now()
        return [_invitation_row(invitation, now) for invitation in shown], following

    async def invite(name: str, role: str, lasts: str, request: ds.Request) -> str:
        """A code that lets one person in, once."""
        with told():
            actor = await desk.admin(request)
            made = await desk.services.invitations.create(
                (name or "").strip(),
                by=actor,
                role=Role(role),
                scopes=EVERY if role == Role.admin else USUAL,
                expires_in=_DAYS[lasts] * 86400.0,
            )
            return made.code

    async def revoke(number: float, request: ds.Request) -> None:
        """Let nobody in by this one."""
        with told():
            actor = await desk.admin(request)
            await desk.obey(await desk.services.invitations.revoke(int(number or 0), by=actor))

    listing = Listing("Invitations", _INVITATIONS, desk.admin, fetch)
    listing.wire(tab)
    with ds.Row():
        name = ds.Textbox(
            label="For the account", info="Made when the code is used, if it is new", max_length=64
        )
        role = ds.Dropdown(_ROLES, value=Role.member.value, label="Role", filterable=False)
        lasts = ds.Dropdown(list(_DAYS), value="1 week", label="Good for", filterable=False)
        made = ds.Button("Invite")
    code = ds.Textbox(label="Code: copy it now, it is shown this once", interactive=False, buttons=["copy"])
    with ds.Row():
        number: Any = ds.Number(label="Invitation no.", precision=0, minimum=1)
        away = ds.Button("Revoke invitation", variant="stop")
    listing.choose_into(number)
    listing.after(made.click(invite, [name, role, lasts], code, **LOUD))
    listing.after(away.click(revoke, number, None, **LOUD))


def _account_row(account: AccountFacts) -> list[Any]:
    issuer = (account.identity or "").partition(" ")[0]
    banned = "" if account.banned_at is None else clock_text(account.banned_at)
    return [
        account.name,
        account.role.value,
        account.email or "",
        issuer,
        clock_text(account.created_at),
        banned,
        account.ban_reason,
    ]


def _invitation_row(invitation: InvitationFacts, now: float) -> list[Any]:
    return [
        invitation.id,
        invitation.account,
        invitation.role.value,
        invitation.state(now),
        invitation.created_by,
        clock_text(invitation.created_at),
        clock_text(invitation.expires_at),
    ]
