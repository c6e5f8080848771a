"""What may be done with one link: pause it, end it, put off its end, give it away, give its name free."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Final

import doorstep as ds
from doorstep_relay.control.actors import Actor
from doorstep_relay.control.history import ShareFacts
from doorstep_relay.dashboard.confirming import Confirmation, Question
from doorstep_relay.dashboard.desk import Desk, told
from doorstep_relay.dashboard.listing import LOUD
from doorstep_relay.dashboard.words import NeedsReceiverError, needed
from doorstep_relay.domain.times import relative_text
from doorstep_relay.errors import NoSuchAccount, NoSuchShare

Describe = Callable[[str, Actor], Awaitable[list[Any]]]
_EXTENSIONS: Final = {"1 hour": 3600.0, "1 day": 86400.0, "1 week": 604800.0, "30 days": 2592000.0}


class LinkActions:
    """Buttons and fields in two places of the panel; `wire` says what they do."""

    def __init__(self, desk: Desk, *, is_admin: bool) -> None:
        self._desk = desk
        self._is_admin = is_admin
        self._reason = ds.Textbox(
            label="Reason",
            placeholder="Why it is paused or ended",
            info="Visitors of a link that ended read it; its owner always does",
            max_length=500,
        )
        with ds.Row(elem_classes="dash-actions"):
            self._pause, self._resume = ds.Button("Pause"), ds.Button("Resume", visible=False)
            self._revoke = ds.Button("Revoke link", variant="stop")
            if is_admin:
                self._ban = ds.Button("Ban owner", variant="stop")
                self._release = ds.Button("Release name", visible=False)
        self._confirm = Confirmation()

    def build_time_and_owner(self) -> None:
        """The other place."""
        with ds.Group(), ds.Row(elem_classes="fields"):
            self._by = ds.Dropdown(list(_EXTENSIONS), value="1 day", label="Longer by", filterable=False)
            self._to = ds.Textbox(
                label="New owner",
                placeholder="Name of an account",
                max_length=64,
            )
        with ds.Row(elem_classes="dash-actions"):
            self._extend = ds.Button("Extend")
            self._give = ds.Button("Give away", variant="stop")
        self._confirm_owner = Confirmation()

    @property
    def buttons(self) -> list[ds.Button]:
        """Those that are shown where they make sense."""
        return [button for button, _ in self._conditions()]

    @property
    def typed(self) -> list[Any]:
        """What was typed or asked about one link, which is not to be taken for another's."""
        return [self._reason, self._to, self._confirm.box, self._confirm_owner.box]

    def fitting(self, share: ShareFacts) -> list[Any]:
        """Which of the buttons make sense for this link now."""
        return [ds.update(visible=makes_sense(share)) for _, makes_sense in self._conditions()]

    def _conditions(self) -> list[tuple[ds.Button, Callable[[ShareFacts], bool]]]:
        usual: list[tuple[ds.Button, Callable[[ShareFacts], bool]]] = [
            (self._pause, lambda share: _is_active(share) and share.paused_at is None),
            (self._resume, lambda share: _is_active(share) and share.paused_at is not None),
            (self._revoke, _is_active),
            (self._extend, lambda share: _is_active(share) and share.expires_at is not None),
            (self._give, _is_active),
        ]
        if not self._is_admin:
            return usual
        return [
            *usual,
            (self._ban, lambda share: share.owner is not None),
            (self._release, lambda share: not _is_active(share) and share.released_at is None),
        ]

    def wire(self, chosen: Any, shown: list[Any], describe: Describe) -> None:
        """Every act shows the link anew."""
        self._describe = describe
        self._pause.click(self.pause, [chosen, self._reason], [*shown, self._reason], **LOUD)
        self._resume.click(self.resume, chosen, shown, **LOUD)
        self._extend.click(self.extend, [chosen, self._by], shown, **LOUD)
        self._confirm.ask(self._revoke, self.ask_revoke, [chosen, self._reason])
        self._confirm.on("revoke", self.revoke)
        if self._is_admin:
            self._confirm.ask(self._ban, self.ask_ban, [chosen, self._reason])
            self._confirm.on("ban", self.ban)
            self._release.click(self.release, chosen, shown, **LOUD)
        self._confirm.wire([*shown, self._reason])
        self._confirm_owner.ask(self._give, self.ask_transfer, [chosen, self._to])
        self._confirm_owner.on("transfer", self.transfer)
        self._confirm_owner.wire([*shown, self._to])

    # -- at once -----------------------------------------------------------------------------------

    async def pause(self, name: str, reason: str, request: ds.Request) -> Any:
        """Let nobody see the link for a while."""
        with told():
            actor = await self._desk.viewer(request)
            await self._desk.obey(
                await self._desk.services.shares.pause(name, actor=actor, reason=(reason or "").strip())
            )
            return *await self._describe(name, actor), ""

    async def resume(self, name: str, request: ds.Request) -> Any:
        """Let visitors see the link again."""
        with told():
            actor = await self._desk.viewer(request)
            await self._desk.obey(await self._desk.services.shares.unpause(name, actor=actor))
            return await self._describe(name, actor)

    async def extend(self, name: str, by: str, request: ds.Request) -> Any:
        """Put off the link's end."""
        with told():
            actor = await self._desk.viewer(request)
            change = await self._desk.services.shares.extend(name, _EXTENSIONS[by], actor=actor)
            await self._desk.obey(change)
            ds.Success(f"{name} ends {relative_text(change.detail['expires_at'], self._desk.now())} now.")
            return await self._describe(name, actor)

    async def release(self, name: str, request: ds.Request) -> Any:
        """Anybody may open the name from now on."""
        with told():
            actor = await self._desk.admin(request)
            await self._desk.obey(await self._desk.services.shares.release(name, actor=actor))
            ds.Success(f"{name} is free.")
            return await self._describe(name, actor)

    # -- after a question --------------------------------------------------------------------------

    async def ask_revoke(self, request: ds.Request, name: str, reason: str) -> Question:
        """Whether the link is to end."""
        with told():
            share = await self._desk.find_share(name, await self._desk.viewer(request))
            text = (
                f"End {share.name} of {share.owner or 'nobody'} for good? "
                "Nobody gets its name until an admin releases it."
            )
            return Question(text, f"Yes, revoke {share.name}", "revoke", (share.name, needed(reason)))

    async def revoke(self, request: ds.Request, name: str, reason: str) -> Any:
        """End the link; its visitors read the reason."""
        with told():
            actor = await self._desk.viewer(request)
            await self._desk.obey(await self._desk.services.shares.revoke(name, actor=actor, reason=reason))
            ds.Success(f"{name} is revoked.")
            return *await self._describe(name, actor), ""

    async def ask_ban(self, request: ds.Request, name: str, reason: str) -> Question:
        """Whether the link's owner is to be shut out."""
        with told():
            share = await self._desk.find_share(name, await self._desk.admin(request))
            if share.owner is None:
                raise NoSuchAccount("of nobody")
            text = await self._desk.ban_text(share.owner)
            return Question(text, f"Yes, ban {share.owner}", "ban", (name, share.owner, needed(reason)))

    async def ban(self, request: ds.Request, name: str, owner: str, reason: str) -> Any:
        """Shut the link's owner out, with all their links."""
        with told():
            actor = await self._desk.admin(request)
            await self._desk.obey_all(await self._desk.services.accounts.ban(owner, by=actor, reason=reason))
            ds.Success(f"{owner} is banned.")
            return *await self._describe(name, actor), ""

    async def ask_transfer(self, request: ds.Request, name: str, to: str) -> Question:
        """Whether the link is to be somebody else's."""
        with told():
            share = await self._desk.find_share(name, await self._desk.viewer(request))
            receiver = (to or "").strip()
            if not receiver:
                raise NeedsReceiverError
            text = (
                f"Give {share.name} of {share.owner or 'nobody'} to {receiver}? "
                "The client that holds it loses it, and you cannot take it back."
            )
            return Question(text, f"Yes, give {share.name} to {receiver}", "transfer", (share.name, receiver))

    async def transfer(self, request: ds.Request, name: str, to: str) -> Any:
        """Give the link to another account."""
        with told():
            actor = await self._desk.viewer(request)
            await self._desk.obey(await self._desk.services.shares.transfer(name, to, actor=actor))
            ds.Success(f"{name} belongs to {to} now.")
            try:
                return *await self._describe(name, actor), ""
            except NoSuchShare:  # it was the viewer's own
                return *(ds.skip() for _ in range(1 + len(self.buttons))), ""


def _is_active(share: ShareFacts) -> bool:
    return share.ended_at is None
