"""The door to sessions, at the relay's own host: who shows a good token gets one."""

from __future__ import annotations

import asyncio

from websockets.http11 import Request

from doorstep_relay.control.actors import ANONYMOUS, Actor
from doorstep_relay.control.arrivals import Arrivals
from doorstep_relay.control.channel import turn_away
from doorstep_relay.control.hub import Hub
from doorstep_relay.control.sockets import SessionSocket
from doorstep_relay.control.tokens import Tokens, bearer
from doorstep_relay.control.turns import Turns
from doorstep_relay.domain.scopes import Scope
from doorstep_relay.errors import Forbidden, Refusal


class SessionDoor:
    """Lets clients in: who shows a good token gets a session. `socket` makes what serves a connection."""

    def __init__(self, hub: Hub, tokens: Tokens, *, open_to_all: bool) -> None:
        self._hub = hub
        self._tokens = tokens
        self._open_to_all = open_to_all
        self._tasks: set[asyncio.Task[None]] = set()
        self._arrivals = Arrivals()
        self._turns = Turns()

    def socket(self) -> asyncio.Protocol:
        return SessionSocket(self._serve, self._tasks, self._arrivals, self._turns)

    async def _serve(self, socket: SessionSocket, request: Request) -> None:
        try:
            actor = await self._who(request.headers.get_all("Authorization"))
        except Refusal as refusal:
            await turn_away(socket, refusal)
            return
        await self._hub.serve(socket, actor, _address(request))

    async def _who(self, sent: list[str]) -> Actor:
        """Whose session this is. A token that is sent must be good, also where none is needed."""
        if not sent and self._open_to_all:
            return ANONYMOUS
        actor = await self._recognise(bearer(sent))
        if not actor.may(Scope.share):
            raise Forbidden(Scope.share)
        return actor

    async def _recognise(self, raw: str) -> Actor:
        """Whose token it is, as of the last change of rights that this process has heard of."""
        while True:
            seen = self._tokens.generation
            actor = await self._tokens.recognise(raw)
            if seen == self._tokens.generation:
                return actor


def _address(request: Request) -> str:
    """Whose request it is: the edge writes that, and takes out what the client says of it."""
    return request.headers.get("X-Forwarded-For", "").strip()
