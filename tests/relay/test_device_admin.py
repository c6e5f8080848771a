"""`doorstep login --admin`: an admin's rights are given when they were asked for, by an admin, in words."""

from __future__ import annotations

import pytest

from doorstep_relay.control.actors import OPERATOR
from doorstep_relay.domain.scopes import EVERY, USUAL, Role, Scope, parse_scopes
from tests.relay.site import Site


async def sign_in(site: Site, *, admin: bool) -> None:
    if admin:
        await site.services.accounts.create("ann", by=OPERATOR, role=Role.admin)
    scopes = EVERY if admin else USUAL
    token = (await site.services.tokens.create("ann", scopes=scopes)).raw
    assert (await site.send("/sign-in", {"secret": token})).status_code == 303


@pytest.mark.parametrize(
    ("asked", "admin", "decision", "given"),
    [
        (True, True, "approve-admin", EVERY),
        (True, True, "approve", USUAL),
        (False, True, "approve-admin", USUAL),
        (False, True, "approve", USUAL),
        (True, False, "approve-admin", USUAL),
    ],
)
async def test_row_04_what_a_login_gives(
    site: Site, asked: bool, admin: bool, decision: str, given: frozenset[Scope]
) -> None:
    body = {"client": "laptop"} | ({"admin": True} if asked else {})
    login = (await site.http.post("/api/v1/device", json=body)).json()
    await sign_in(site, admin=admin)
    page = (await site.http.get(f"/device?code={login['user_code']}")).text
    assert ("asks for an admin" in page) == asked
    assert ('value="approve-admin"' in page) == (asked and admin)
    await site.send("/device", {"code": login["user_code"], "decision": decision})
    made = await site.services.logins.collect(login["device_code"])
    assert parse_scopes(made.facts.scopes) == given
