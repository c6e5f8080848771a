"""The settings as they are in force. Secrets are not shown, not even to admins."""

from __future__ import annotations

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from doorstep_relay.config import shown
from doorstep_relay.control.api.callers import OF_CALLERS, Callers
from doorstep_relay.control.api.problems import ProblemRoute, refusals
from doorstep_relay.control.here import Here


class SettingView(BaseModel):
    """One setting."""

    name: str
    value: str | None = Field(description="As it may be given; null for not set, or for a secret.")
    is_default: bool
    is_secret: bool = Field(description="Whether its value is kept back.")
    reloads: bool = Field(description="Whether SIGHUP changes it; others need a restart.")
    about: str


class SettingsView(BaseModel):
    """All of them, in the order of the documentation."""

    settings: list[SettingView]


def routes(here: Here, callers: Callers) -> APIRouter:
    """`/api/v1/settings`."""
    router = APIRouter(route_class=ProblemRoute, tags=["relay"])

    async def settings(request: Request) -> SettingsView:
        """The relay's settings as they are in force. For admins."""
        await callers.admin(request)
        lines = [SettingView.model_validate(line, from_attributes=True) for line in shown(here.settings)]
        return SettingsView(settings=lines)

    responses = refusals(*OF_CALLERS)
    router.add_api_route("/api/v1/settings", settings, methods=["GET"], responses=responses)
    return router
