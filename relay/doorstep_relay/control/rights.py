"""Rights are checked for as long as a session lasts: what the audit trail tells of them is obeyed here."""

from __future__ import annotations

from typing import Final

from doorstep_relay.control.actors import Actor
from doorstep_relay.control.hub import Credential, Hub
from doorstep_relay.control.keys import REMOVED, Keys
from doorstep_relay.control.tokens import Tokens
from doorstep_relay.errors import Refusal
from doorstep_relay.store.audit import Change

ACTIONS: Final = frozenset(
    {
        "token.revoke",
        "token.change",
        REMOVED,
        "account.ban",
        "account.unban",
        "account.role",
        "account.rename",
    }
)
"""What changes somebody's rights, or how they are called."""


class Rights:
    """Keeps the sessions of one process to what their tokens and keys may do now."""

    def __init__(self, hub: Hub, tokens: Tokens, keys: Keys) -> None:
        self._keys = keys
        self._hub = hub
        self._tokens = tokens

    async def obey(self, change: Change) -> None:
        """Each session that a change is about goes by it from its next message on, or ends."""
        self._tokens.rights_changed()
        if change.action == "token.revoke" and change.token_id is not None:
            self._hub.end_token(change.token_id)
        elif change.action == REMOVED:
            self._hub.end_key(int(change.detail["id"]))
        elif change.account_id is not None:
            await self._look_again(change.account_id)

    async def _look_again(self, account_id: int) -> None:
        for credential in self._hub.credentials_of(account_id):
            try:
                actor = await self._holder(credential)
            except Refusal as refusal:
                self._hub.refuse(credential, refusal)
            else:
                self._hub.adopt(actor)

    async def _holder(self, credential: Credential) -> Actor:
        kind, number = credential
        return await (self._keys.holder_by_id(number) if kind == "key" else self._tokens.holder(number))
