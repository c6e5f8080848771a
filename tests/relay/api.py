"""The REST API without a server, and accounts that ask it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
from fastapi import FastAPI

from doorstep_relay.control.actors import OPERATOR, Actor
from doorstep_relay.control.api import build_router
from doorstep_relay.control.here import Here
from doorstep_relay.domain.scopes import EVERY, USUAL, Role
from doorstep_relay.store.audit import Change
from tests.relay.store.services import Services, open_services


class Api:
    """The API over a fresh database, and what it told the relay."""

    def __init__(self, services: Services) -> None:
        self.services = services
        self.changes: list[Change] = []
        self.tokens: dict[str, str] = {}
        self.actors: dict[str, Actor] = {}
        self.here = Here(services.settings)
        app = FastAPI()
        app.include_router(build_router(services, self._on_change, self.here))
        self.http = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost")

    async def _on_change(self, change: Change) -> None:
        self.changes.append(change)

    async def sign_up(self, name: str, *, admin: bool = False) -> None:
        if admin:
            await self.services.accounts.create(name, by=OPERATOR, role=Role.admin)
        made = await self.services.tokens.create(name, scopes=EVERY if admin else USUAL)
        self.tokens[name], self.actors[name] = made.raw, made.actor

    async def ask(self, who: str, method: str, path: str) -> httpx.Response:
        return await self.http.request(method, path, headers={"Authorization": f"Bearer {self.tokens[who]}"})


@asynccontextmanager
async def open_api(folder: Path, *, admin: str | None = None) -> AsyncIterator[Api]:
    """The API with the accounts ann and bob, and perhaps an admin."""
    async with open_services(folder) as services:
        made = Api(services)
        for name in ("ann", "bob"):
            await made.sign_up(name)
        if admin is not None:
            await made.sign_up(admin, admin=True)
        async with made.http:
            yield made
