"""One account: what there is to know of it, and all that an admin may do about it."""

from __future__ import annotations

from typing import Any

import doorstep as ds
from doorstep_relay.control.accounts import AccountChange, AccountFacts
from doorstep_relay.control.actors import Actor
from doorstep_relay.dashboard.confirming import Confirmation, Question
from doorstep_relay.dashboard.desk import Desk, told
from doorstep_relay.dashboard.limit_form import LimitForm, Stated
from doorstep_relay.dashboard.listing import LOUD, QUIET
from doorstep_relay.dashboard.pieces import facts, page_of
from doorstep_relay.dashboard.words import clock_text, counted, needed, size_text
from doorstep_relay.domain.limits import NAMES, as_stated
from doorstep_relay.domain.months import month_of
from doorstep_relay.domain.scopes import Role
from doorstep_relay.markup import fill


class AccountPanel:
    """Built where it stands on the page; `show_after` says what chooses an account."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._chosen = ds.State("")
        self.changes: list[Any] = []
        """The events of an account that was changed."""
        with ds.Column(visible=False, elem_classes="detail") as self._box:
            self._about = ds.HTML(elem_id="account")
            with ds.Tabs():
                with ds.Tab("Account"):
                    self._build_fields()
                with ds.Tab("Shut out"):
                    self._build_ends()
                with ds.Tab("Limits of the account"):
                    self._limits = LimitForm(desk, self._chosen, NAMES, desk.admin)
                    self._limits.wire(self._read_limits, desk.services.limits.state_account)
        self._shown = [self._about, self._name, self._email, self._role, self._ban, self._unban]
        self._wire()

    def _build_fields(self) -> None:
        with ds.Group(), ds.Row(elem_classes="fields"):
            self._name = ds.Textbox(label="Name", max_length=64)
            self._email = ds.Textbox(label="E-mail", max_length=254)
            self._role = ds.Dropdown([role.value for role in Role], label="Role", filterable=False)
        with ds.Row(elem_classes="dash-actions"):
            self._save = ds.Button("Save account", variant="primary")

    def _build_ends(self) -> None:
        self._reason = ds.Textbox(label="Reason", info="They and their visitors read it", max_length=500)
        with ds.Row(elem_classes="dash-actions"):
            self._ban = ds.Button("Ban", variant="stop")
            self._unban = ds.Button("Let in again", visible=False)
            self._end = ds.Button("End all links", variant="stop")
            self._tokens = ds.Button("Revoke all tokens", variant="stop")
        self._confirm = Confirmation()

    def _wire(self) -> None:
        saved = self._save.click(
            self.save,
            [self._chosen, self._name, self._email, self._role],
            [self._chosen, *self._shown],
            **LOUD,
        )
        back = self._unban.click(self.unban, self._chosen, self._shown, **LOUD)
        self._confirm.ask(self._ban, self.ask_ban, [self._chosen, self._reason])
        self._confirm.ask(self._end, self.ask_end, [self._chosen, self._reason])
        self._confirm.ask(self._tokens, self.ask_tokens, [self._chosen])
        for name, act in (("ban", self.ban), ("end", self.end), ("tokens", self.revoke_tokens)):
            self._confirm.on(name, act)
        self.changes += [saved, back, self._confirm.wire([*self._shown, self._reason])]

    # -- choosing ----------------------------------------------------------------------------------

    def show_after(self, table: ds.Dataframe) -> None:
        """A click on a row of this table shows its account, whose name is in the first column."""
        picked = table.select(self.choose, None, [self._chosen, self._box, *self._shown], **QUIET)
        self._limits.load_after(picked)

    async def choose(self, event: ds.SelectData, request: ds.Request) -> Any:
        """A row was clicked."""
        name = str((event.row_value or [""])[0])
        with told():
            await self._desk.admin(request)
            return name, ds.update(visible=True), *await self._describe(name)

    async def _describe(self, name: str) -> list[Any]:
        account = await self._desk.services.accounts.find(name)
        is_banned = account.banned_at is not None
        return [
            page_of(fill("<h2>$name</h2>", name=account.name), facts(await self._facts(account))),
            account.name,
            account.email or "",
            account.role.value,
            ds.update(value="Ban again, with this reason" if is_banned else "Ban"),
            ds.update(visible=is_banned),
        ]

    async def _facts(self, account: AccountFacts) -> list[tuple[str, object]]:
        used = await self._desk.services.usage.of_account(account.id, month_of(self._desk.now()))
        return [
            ("Role", account.role.value),
            ("E-mail", account.email or ""),
            ("Signs in by", (account.identity or "").partition(" ")[0]),
            ("Since", clock_text(account.created_at)),
            ("Banned", "" if account.banned_at is None else clock_text(account.banned_at)),
            ("Why", account.ban_reason),
            ("Links now", await self._desk.links_text(account.name)),
            ("Requests this month", f"{used.requests:,}"),
            ("Traffic this month", size_text(used.bytes_in + used.bytes_out)),
        ]

    async def _read_limits(self, name: str, _actor: Actor) -> tuple[Stated, Stated]:
        account_id, stated = await self._desk.services.limits.account(name)
        return stated, as_stated(self._desk.services.limits.of_account(account_id))

    # -- at once -----------------------------------------------------------------------------------

    async def save(self, before: str, name: str, email: str, role: str, request: ds.Request) -> Any:
        """Another name, address or role: tokens and sessions obey at once."""
        with told():
            actor = await self._desk.admin(request)
            wanted = AccountChange(name=(name or "").strip(), email=(email or "").strip(), role=Role(role))
            made, changes = await self._desk.services.accounts.change(before, wanted, by=actor)
            await self._desk.obey_all(changes)
            ds.Success(f"{made.name} is saved.")
            return made.name, *await self._describe(made.name)

    async def unban(self, name: str, request: ds.Request) -> Any:
        """Let the account in again."""
        with told():
            actor = await self._desk.admin(request)
            await self._desk.obey_all(await self._desk.services.accounts.unban(name, by=actor))
            ds.Success(f"{name} may come in.")
            return await self._describe(name)

    # -- after a question --------------------------------------------------------------------------

    async def ask_ban(self, request: ds.Request, name: str, reason: str) -> Question:
        """Whether the account is to be shut out."""
        with told():
            await self._desk.admin(request)
            text = await self._desk.ban_text(name)
            return Question(text, f"Yes, ban {name}", "ban", (name, needed(reason)))

    async def ban(self, request: ds.Request, name: str, reason: str) -> Any:
        """Shut the account out, with all its links."""
        with told():
            actor = await self._desk.admin(request)
            await self._desk.obey_all(await self._desk.services.accounts.ban(name, by=actor, reason=reason))
            ds.Success(f"{name} is banned.")
            return *await self._describe(name), ""

    async def ask_end(self, request: ds.Request, name: str, reason: str) -> Question:
        """Whether all its links are to end."""
        with told():
            await self._desk.admin(request)
            text = f"End {await self._desk.links_text(name)} of {name} for good? {name} may open others."
            return Question(text, f"Yes, end all links of {name}", "end", (name, needed(reason)))

    async def end(self, request: ds.Request, name: str, reason: str) -> Any:
        """End all its links; their visitors read the reason."""
        with told():
            actor = await self._desk.admin(request)
            changes = await self._desk.services.shares.revoke_all(name, actor=actor, reason=reason)
            await self._desk.obey_all(changes)
            ds.Success(f"{counted(len(changes), 'link')} of {name} ended.")
            return *await self._describe(name), ""

    async def ask_tokens(self, request: ds.Request, name: str) -> Question:
        """Whether all its tokens are to be worth nothing."""
        with told():
            await self._desk.admin(request)
            text = f"Revoke every token of {name}? What uses them has to be given new ones."
            return Question(text, f"Yes, revoke all tokens of {name}", "tokens", (name,))

    async def revoke_tokens(self, request: ds.Request, name: str) -> Any:
        """Its tokens open nothing any more."""
        with told():
            actor = await self._desk.admin(request)
            changes = await self._desk.services.tokens.revoke(name, by=actor)
            await self._desk.obey_all(changes)
            ds.Success(f"{counted(len(changes), 'token')} of {name} revoked.")
            return *await self._describe(name), ds.skip()
