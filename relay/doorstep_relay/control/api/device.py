"""`doorstep login` over the API: a device asks, and asks again until somebody has said yes (RFC 8628)."""

from __future__ import annotations

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field

from doorstep_relay.config import Settings
from doorstep_relay.control.api.callers import Crowd, address_of
from doorstep_relay.control.api.problems import ProblemRoute, refusals
from doorstep_relay.control.api.tokens import MadeToken, made_view
from doorstep_relay.control.logins import INTERVAL, LIFETIME, Logins
from doorstep_relay.domain.scopes import EVERY, USUAL
from doorstep_relay.errors import Banned, LoginPending, TooMany


class DeviceRequest(BaseModel):
    """Who asks."""

    model_config = ConfigDict(extra="forbid")

    client: str = Field("", max_length=200, description="The computer's name, for who has to say yes.")
    admin: bool = Field(
        False, strict=True, description="Ask for an admin's rights, too; only an admin can give them."
    )


class DeviceCodes(BaseModel):
    """What the device needs for its login."""

    device_code: str = Field(description="The device's own secret, with which it asks for its token.")
    user_code: str = Field(description="For a person to compare, or to type at `verification_uri`.")
    verification_uri: str
    verification_uri_complete: str = Field(description="The same page, with the code filled in.")
    expires_in: float = Field(description="Seconds until it is too late.")
    interval: float = Field(description="Seconds to wait between two questions.")


class DeviceQuestion(BaseModel):
    """Which login it is."""

    model_config = ConfigDict(extra="forbid")

    device_code: str = Field(max_length=200)


def routes(logins: Logins, settings: Settings, crowd: Crowd) -> APIRouter:
    """`/api/v1/device`."""
    api = _DeviceApi(logins, settings, crowd)
    router = APIRouter(route_class=ProblemRoute, tags=["login"])
    add = router.add_api_route
    add("/api/v1/device", api.begin, methods=["POST"], status_code=201, responses=refusals(TooMany))
    answers = refusals(LoginPending, Banned)
    add("/api/v1/device/token", api.collect, methods=["POST"], status_code=201, responses=answers)
    return router


class _DeviceApi:
    def __init__(self, logins: Logins, settings: Settings, crowd: Crowd) -> None:
        self._logins = logins
        self._settings = settings
        self._crowd = crowd

    async def begin(self, request: Request, asked: DeviceRequest) -> DeviceCodes:
        """Begin a login. It needs no token."""
        self._crowd.check(request)
        made = await self._logins.begin(asked.client, address_of(request), EVERY if asked.admin else USUAL)
        page = f"{self._settings.relay_url}/device"
        return DeviceCodes(
            device_code=made.device_code,
            user_code=made.user_code,
            verification_uri=page,
            verification_uri_complete=f"{page}?code={made.user_code}",
            expires_in=LIFETIME,
            interval=INTERVAL,
        )

    async def collect(self, asked: DeviceQuestion) -> MadeToken:
        """Ask for the token. Until there is one, the problem's code says why, as RFC 8628 3.5 has it:
        `authorization-pending`, `slow-down`, `access-denied` or `expired-token`.
        """
        return made_view(await self._logins.collect(asked.device_code))
