"""The relay's own pages for visitors, on the hosts of shares: logging in, being told, reporting."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from fastapi import APIRouter

from doorstep_relay.control.guesses import Guesses
from doorstep_relay.control.openid import OpenId
from doorstep_relay.control.policies import Policies
from doorstep_relay.control.reports import Reports
from doorstep_relay.control.visitors.login import Login
from doorstep_relay.control.visitors.report import ReportPage
from doorstep_relay.control.visitors.signing_in import SigningIn
from doorstep_relay.control.visitors.visitor import Visitors
from doorstep_relay.control.visitors.welcome import Welcome
from doorstep_relay.domain import landing
from doorstep_relay.domain.passes import PassKey
from doorstep_relay.store.audit import Change
from doorstep_relay.switchboard.local import Switchboard


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What the pages stand on."""

    switchboard: Switchboard
    passes: PassKey
    guesses: Guesses
    policies: Policies
    reports: Reports
    on_change: Callable[[Change], Awaitable[None]]
    domain: str
    openid: OpenId | None = None
    """By whom visitors sign in, if the operator named somebody."""
    secret: bytes = b""
    relay_url: str = ""


def build_visitor_pages(parts: Parts) -> APIRouter:
    """The routes. The edge lets through these paths alone on a share's host, and says whose it is."""
    visitors = Visitors(parts.switchboard, parts.passes)
    login = Login(visitors, parts.guesses, parts.policies, parts.on_change)
    welcome = Welcome(visitors, parts.domain)
    report = ReportPage(visitors, parts.reports)
    router = APIRouter(include_in_schema=False)
    for path, page in ((landing.LOGIN, login), (landing.WELCOME, welcome), (landing.REPORT, report)):
        router.add_api_route(path, page.show, methods=["GET", "HEAD"])
        router.add_api_route(path, page.take, methods=["POST"])
    if parts.openid is not None:
        SigningIn(visitors, parts.openid, parts.secret, parts.relay_url).add_to(router)
    return router
