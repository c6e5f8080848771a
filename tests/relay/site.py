"""The relay's whole app without a server, and a browser that is there."""

from __future__ import annotations

import httpx

from doorstep_relay.server import Relay

ORIGIN = "http://localhost:8080"


class Site:
    """The relay's whole app, and a browser that is there."""

    def __init__(self, relay: Relay) -> None:
        self.relay = relay
        self.services = relay.services
        self.http = httpx.AsyncClient(transport=httpx.ASGITransport(relay.app()), base_url=ORIGIN)

    async def send(self, path: str, fields: dict[str, str], **headers: str) -> httpx.Response:
        return await self.http.post(path, data=fields, headers={"Origin": ORIGIN} | headers)

    async def sign_in(self) -> str:
        token = (await self.services.tokens.create("ann")).raw
        answer = await self.send("/sign-in", {"secret": token, "next": "/device"})
        assert (answer.status_code, answer.headers["location"]) == (303, "/device")
        return token
