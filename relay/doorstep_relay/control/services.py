"""All services over one database: for the API, the relay's own pages, the sessions and the commands."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from doorstep_relay.config import Settings
from doorstep_relay.control.accounts import Accounts
from doorstep_relay.control.domains import Domains
from doorstep_relay.control.invitations import Invitations
from doorstep_relay.control.keys import Keys
from doorstep_relay.control.limits import LimitBook
from doorstep_relay.control.logins import Logins
from doorstep_relay.control.names import Names
from doorstep_relay.control.openid import OpenId, Provider
from doorstep_relay.control.policies import Policies
from doorstep_relay.control.proof import DnsProver
from doorstep_relay.control.reports import Reports
from doorstep_relay.control.seats import Seats
from doorstep_relay.control.shares import Shares
from doorstep_relay.control.tokens import Tokens
from doorstep_relay.control.trail import Trail
from doorstep_relay.control.usage import UsageBook
from doorstep_relay.control.web_sessions import WebSessions
from doorstep_relay.domain import landing
from doorstep_relay.store.database import Database

SIGN_IN_CALLBACK: Final = "/sign-in/openid/callback"


class Services:
    """Made once a process, for a command or for a test. `clock` gives unix seconds."""

    def __init__(self, settings: Settings, database: Database, clock: Callable[[], float]) -> None:
        self.settings = settings
        self.database = database
        self.clock = clock
        self.usage = UsageBook(database, clock, settings.usage_retention)
        self.limits = LimitBook(database, clock, settings.limits, self.usage)
        self.shares = Shares(database, clock, settings, self.limits)
        self.tokens = Tokens(database, clock)
        self.keys = Keys(database, clock)
        self.seats = Seats(database, clock, settings.secret)
        self.accounts = Accounts(database, clock)
        self.invitations = Invitations(database, clock)
        self.web_sessions = WebSessions(database, clock)
        self.logins = Logins(database, clock)
        self.openid = _openid(settings, clock, SIGN_IN_CALLBACK)
        self.visitors_openid = _openid(settings, clock, landing.OIDC_CALLBACK)
        self.dashboard_openid = _openid(settings, clock, SIGN_IN_CALLBACK, settings.dashboard_url)
        self.trail = Trail(database)
        self.names = Names(database, clock)
        self.domains = Domains(database, clock, settings.domain, DnsProver(settings.dns_server))
        self.policies = Policies(database, clock, can_sign_in=self.openid is not None)
        self.reports = Reports(database, clock)


def _openid(
    settings: Settings, clock: Callable[[], float], way_back: str, base: str | None = None
) -> OpenId | None:
    """The identity provider that the operator named, if any; `way_back` is a path of `base`: the relay's."""
    if settings.oidc_issuer is None or settings.oidc_client_id is None:
        return None
    provider = Provider(settings.oidc_issuer, settings.oidc_client_id, settings.oidc_client_secret)
    return OpenId(provider, f"{base or settings.relay_url}{way_back}", clock)
