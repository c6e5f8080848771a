"""Closed reports, old invitations, logins and sign-ins are forgotten, and nothing that still counts."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from doorstep_relay.control import forgetting
from doorstep_relay.control.actors import OPERATOR
from doorstep_relay.errors import BadCode
from doorstep_relay.store.models import Base, DeviceLogin, Invitation, Report, WebSession
from tests.relay.store.services import DAY, Services


async def count(services: Services, table: type[Base]) -> int:
    found = await services.database.read(
        lambda session: session.scalar(select(func.count()).select_from(table))
    )
    return found or 0


async def forget(services: Services) -> None:
    services.clock.advance(forgetting.LOOK_EVERY)
    await services.shares.forget(services.clock.now)


async def report(services: Services) -> int:
    asked = {"kind": "phishing", "text": "", "contact": "", "address": "192.0.2.1"}
    return await services.reports.file("demo", **asked)


async def test_a_closed_report_is_forgotten_and_an_open_one_is_not(services: Services) -> None:
    await services.reports.close(await report(services), actor=OPERATOR)
    services.clock.advance(89 * DAY)
    await report(services)
    await forget(services)
    assert await count(services, Report) == 2
    services.clock.advance(200 * DAY)
    await forget(services)
    assert await count(services, Report) == 1


async def test_invitations_are_forgotten_when_they_are_over(services: Services) -> None:
    used, _expired = [await services.invitations.create(name) for name in ("ann", "bob")]
    await services.invitations.redeem(used.code)
    revoked = await services.invitations.create("carol", expires_in=400 * DAY)
    await services.invitations.revoke(revoked.facts.id)
    lasting = await services.invitations.create("dora", expires_in=400 * DAY)
    services.clock.advance(100 * DAY)
    await forget(services)
    assert await count(services, Invitation) == 1
    await services.invitations.redeem(lasting.code)
    with pytest.raises(BadCode):
        await services.invitations.redeem(used.code)


async def test_logins_and_sign_ins_are_forgotten_a_day_after_their_end(services: Services) -> None:
    ann = await services.account("ann")
    await services.logins.begin("laptop", "192.0.2.1")
    await services.web_sessions.by_token(ann)
    await forget(services)
    assert (await count(services, DeviceLogin), await count(services, WebSession)) == (1, 1)
    services.clock.advance(2 * DAY)
    await forget(services)
    assert (await count(services, DeviceLogin), await count(services, WebSession)) == (0, 0)


async def test_a_retention_of_none_keeps_what_happened_but_no_old_sign_ins(services: Services) -> None:
    for_ever = services.with_settings(retention=None)
    await for_ever.reports.close(await report(for_ever), actor=OPERATOR)
    await for_ever.logins.begin("laptop", "192.0.2.1")
    services.clock.advance(4000 * DAY)
    await forget(for_ever)
    assert (await count(services, Report), await count(services, DeviceLogin)) == (1, 0)
