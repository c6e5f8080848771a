"""The relay's own pages for people: signing in, and saying yes to `doorstep login`. No script anywhere."""

from __future__ import annotations

from fastapi import APIRouter

from doorstep_relay.control.pages import device, openid, sign_in
from doorstep_relay.control.pages.browser import Browser
from doorstep_relay.control.services import Services


def build_pages(services: Services) -> APIRouter:
    """The pages over these services."""
    browser = Browser(services.settings, services.web_sessions, services.clock)
    router = APIRouter(include_in_schema=False)
    router.include_router(sign_in.routes(services, browser))
    router.include_router(device.routes(services, browser))
    if services.openid is not None:
        router.include_router(openid.routes(services, services.openid, browser))
    return router
