"""The REST API. Every request carries a token; errors are problems (RFC 9457) with a stable code."""

from __future__ import annotations

from fastapi import APIRouter

from doorstep_relay.control.api import (
    accounts,
    audit,
    device,
    domains,
    health,
    invitations,
    keys,
    limits,
    live,
    names,
    policies,
    reports,
    settings,
    shares,
    tokens,
    usage,
)
from doorstep_relay.control.api.callers import Callers, Crowd, OnChange
from doorstep_relay.control.api.problems import PROBLEM, problem
from doorstep_relay.control.here import Here
from doorstep_relay.control.services import Services

__all__ = ["PROBLEM", "build_router", "problem"]


def build_router(services: Services, on_change: OnChange, here: Here | None = None) -> APIRouter:
    """The API over these services. `on_change` makes a change effective at once in this process, `here`."""
    here = here or Here(services.settings)
    callers = Callers(services.tokens, services.clock)
    router = APIRouter()
    chosen = services.settings
    router.include_router(shares.routes(services.shares, callers, on_change, chosen.share_url))
    router.include_router(names.routes(services.names, callers, on_change))
    router.include_router(domains.routes(services.domains, callers, on_change, chosen.trusted_proxies))
    router.include_router(tokens.routes(services.tokens, callers, on_change))
    router.include_router(keys.routes(services.keys, callers, on_change))
    router.include_router(accounts.routes(services.accounts, callers, on_change))
    crowd = Crowd(services.clock)
    router.include_router(invitations.routes(services.invitations, callers, on_change, crowd))
    router.include_router(device.routes(services.logins, services.settings, crowd))
    router.include_router(audit.routes(services.trail, callers))
    router.include_router(policies.routes(services.policies, callers, on_change))
    router.include_router(reports.routes(services.reports, callers, on_change))
    router.include_router(live.routes(here.switchboard, here.tallies, callers))
    router.include_router(limits.routes(services.limits, callers, on_change))
    router.include_router(usage.routes(services.usage, services.limits, callers))
    router.include_router(settings.routes(here, callers))
    router.include_router(health.routes(services.shares, here))
    return router
