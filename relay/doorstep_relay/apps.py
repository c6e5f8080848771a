"""The apps at the relay's own hosts. What they import is heavy, so it is imported when one is asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from doorstep_relay import __version__
from doorstep_relay.control.effects import Effects
from doorstep_relay.control.gates import Gates
from doorstep_relay.control.guesses import Guesses
from doorstep_relay.control.here import Here
from doorstep_relay.control.noting import Noting
from doorstep_relay.control.services import Services

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from doorstep_relay.edge.context import Edge


class Apps:
    """Builds them over one process's services."""

    def __init__(
        self, services: Services, here: Here, effects: Effects, gates: Gates, guesses: Guesses
    ) -> None:
        self._services = services
        self._here = here
        self._on_change = effects.at_once
        self._gates = gates
        self._guesses = guesses

    def relay(self) -> ASGIApp:
        """The relay's own app: the REST API, its pages, and the pages that visitors of links see."""
        from doorstep_relay.control.api import build_router
        from doorstep_relay.control.app import build_app
        from doorstep_relay.control.home import home_page
        from doorstep_relay.control.pages import build_pages
        from doorstep_relay.control.visitors import Parts, build_visitor_pages

        services, settings = self._services, self._here.settings
        parts = Parts(
            switchboard=self._here.switchboard,
            passes=self._gates.passes,
            guesses=self._guesses,
            policies=services.policies,
            reports=services.reports,
            on_change=self._on_change,
            domain=settings.domain,
            openid=services.visitors_openid,
            secret=settings.secret,
            relay_url=settings.relay_url,
        )
        pages = build_pages(services)
        pages.include_router(build_visitor_pages(parts))
        api = build_router(services, self._on_change, self._here)
        home = home_page(settings.relay_url, settings.dashboard_url)
        return build_app(api, version=__version__, home=home, pages=pages)

    def dashboard(self) -> ASGIApp:
        """The admins' page, as it is served at its own host."""
        from doorstep_relay.dashboard.site import Site

        return Site(self._services, self._here, self._on_change)


def noted(make: Callable[[], ASGIApp], place: str, edge: Callable[[], Edge]) -> Callable[[], ASGIApp]:
    """Makes the same app, whose requests are noted as those to shares are; `place` names it in the log."""
    return lambda: Noting(make(), place, lambda: edge().recorder, edge().proxies.trusts)
