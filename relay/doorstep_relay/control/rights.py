"""Rights are checked for as long as a session lasts: what the audit trail tells of them is obeyed here."""

from __future__ import annotations

from typing import Final

from doorstep_relay.control.hub import Hub
from doorstep_relay.control.tokens import Tokens
from doorstep_relay.errors import Refusal
from doorstep_relay.store.audit import Change

ACTIONS: Final = frozenset(
    {"token.revoke", "token.change", "account.ban", "account.unban", "account.role", "account.rename"}
)
"""What changes somebody's rights, or how they are called."""


class Rights:
    """Keeps the sessions of one process to what their tokens may do now."""

    def __init__(self, hub: Hub, tokens: Tokens) -> None:
        self._hub = hub
        self._tokens = tokens

    async def obey(self, change: Change) -> None:
        """Each session that a change is about goes by it from its next message on, or ends."""
        self._tokens.rights_changed()
        if change.action == "token.revoke" and change.token_id is not None:
            self._hub.end_token(change.token_id)
        elif change.account_id is not None:
            await self._look_again(change.account_id)

    async def _look_again(self, account_id: int) -> None:
        for token_id in self._hub.tokens_of(account_id):
            try:
                actor = await self._tokens.holder(token_id)
            except Refusal as refusal:
                self._hub.refuse(token_id, refusal)
            else:
                self._hub.adopt(actor)
