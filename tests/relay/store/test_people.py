"""Accounts, invitations, logins and web sessions: who comes in, as whom, and what ends that."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy.orm import Session

from doorstep_relay.control.accounts import AccountChange
from doorstep_relay.control.actors import OPERATOR, Actor
from doorstep_relay.control.logins import INTERVAL, LIFETIME
from doorstep_relay.control.trail import Filter
from doorstep_relay.domain.scopes import EVERY, USUAL, Role, Scope
from doorstep_relay.errors import (
    AccountExists,
    BadCode,
    BadToken,
    Banned,
    ConfigError,
    Forbidden,
    LoginPending,
    NameForbidden,
    NoSuchInvitation,
    NoSuchToken,
    TooBroad,
)
from doorstep_relay.store.models import Base
from tests.relay.store.services import DAY, Services

# -- accounts and their tokens ---------------------------------------------------------------------


async def test_a_token_may_no_more_than_its_accounts_role(services: Services) -> None:
    made = await services.tokens.create("ann", scopes=EVERY)
    assert (await services.tokens.authenticate(made.raw)).scopes == USUAL
    await services.accounts.change("ann", AccountChange(role=Role.admin), by=OPERATOR)
    assert (await services.tokens.authenticate(made.raw)).may(Scope.admin)
    await services.accounts.change("ann", AccountChange(role=Role.member), by=OPERATOR)
    assert not (await services.tokens.authenticate(made.raw)).may(Scope.admin)


async def test_a_ban_ends_links_and_shuts_out_every_token_until_it_is_lifted(services: Services) -> None:
    made = await services.tokens.create("ann")
    grant = await services.shares.open(made.actor, name="demo")
    web = await services.web_sessions.by_token(made.actor)

    changes = await services.accounts.ban("ann", by=OPERATOR, reason="spam")

    assert [(change.action, change.share_id, change.reason) for change in changes] == [
        ("share.revoke", grant.share_id, "spam"),
        ("account.ban", None, "spam"),
    ]
    with pytest.raises(Banned, match="spam"):
        await services.tokens.authenticate(made.raw)
    assert await services.web_sessions.who(web.secret) is None
    await services.accounts.unban("ann", by=OPERATOR)
    assert await services.tokens.authenticate(made.raw)
    assert await services.web_sessions.who(web.secret) is None, "who was signed in signs in again"


async def test_only_the_holder_of_the_right_secret_learns_of_a_ban(services: Services) -> None:
    made = await services.tokens.create("ann")
    await services.accounts.ban("ann", by=OPERATOR)
    with pytest.raises(BadToken):
        await services.tokens.authenticate(made.raw[:-1] + ("a" if made.raw[-1] != "a" else "b"))


async def test_an_account_is_renamed_and_stays_itself(services: Services) -> None:
    made = await services.tokens.create("ann")
    await services.accounts.change("ann", AccountChange(name="anna"), by=OPERATOR)
    actor = await services.tokens.authenticate(made.raw)
    assert (actor.account_name, actor.account_id) == ("anna", made.actor.account_id)
    await services.accounts.create("bob", by=OPERATOR)
    with pytest.raises(AccountExists):
        await services.accounts.change("bob", AccountChange(name="anna"), by=OPERATOR)
    with pytest.raises(AccountExists):
        await services.accounts.create("anna", by=OPERATOR)


async def test_a_change_that_changes_nothing_leaves_no_trace(services: Services) -> None:
    await services.accounts.create("ann", by=OPERATOR)
    _, changes = await services.accounts.change("ann", AccountChange(role=Role.member), by=OPERATOR)
    assert list(changes) == []


async def test_a_member_gives_its_tokens_only_what_its_own_has(services: Services) -> None:
    own = (
        await services.tokens.create("ann", scopes=frozenset({Scope.own}), names=("ci-*",), expires_in=DAY)
    ).actor
    narrow = frozenset({Scope.own})
    made = await services.tokens.create("ann", by=own, scopes=narrow, names=("ci-a*",), expires_in=DAY)
    assert (made.facts.names, made.facts.created_by) == ("ci-a*", "account:ann")
    for scopes, names, lifetime in (
        (USUAL, ("ci-a",), 1.0),
        (narrow, (), 1.0),
        (narrow, ("c*",), 1.0),
        (narrow, ("ci-a",), None),
        (narrow, ("ci-a",), 2 * DAY),
    ):
        with pytest.raises(TooBroad):
            await services.tokens.create("ann", by=own, scopes=scopes, names=names, expires_in=lifetime)


async def test_a_member_narrows_a_token_and_never_widens_one(services: Services) -> None:
    made = await services.tokens.create("ann")
    facts, change = await services.tokens.narrow(made.facts.key, by=made.actor, names=("ci-*",), label="ci")
    assert (facts.names, facts.label, change.action) == ("ci-*", "ci", "token.change")
    with pytest.raises(TooBroad):
        await services.tokens.narrow(made.facts.key, by=made.actor, names=())
    with pytest.raises(TooBroad):
        await services.tokens.narrow(made.facts.key, by=made.actor, scopes=EVERY)
    assert (await services.tokens.narrow(made.facts.key, by=OPERATOR, names=()))[0].names == ""


async def test_row_02_nobody_changes_or_revokes_somebody_elses_token(services: Services) -> None:
    ann, bob = await services.tokens.create("ann"), await services.tokens.create("bob")
    nobody = Actor(None, "anonymous")
    for thief in (bob.actor, nobody):
        with pytest.raises(NoSuchToken):
            await services.tokens.revoke_one(ann.facts.key, by=thief)
        with pytest.raises(NoSuchToken):
            await services.tokens.narrow(ann.facts.key, by=thief, label="mine")


@pytest.mark.parametrize(
    "wrong", [{"scopes": frozenset()}, {"label": "x" * 101}, {"label": "a\nb"}, {"names": ("a" * 300,) * 2}]
)
async def test_what_no_token_can_be_is_refused(services: Services, wrong: dict[str, object]) -> None:
    with pytest.raises(ConfigError):
        await services.tokens.create("ann", **wrong)  # type: ignore[arg-type]


# -- the names of a token --------------------------------------------------------------------------


async def test_a_token_opens_only_names_of_its_patterns(services: Services) -> None:
    ci = (await services.tokens.create("ann", names=("ci-*", "demo"))).actor
    assert (await services.shares.open(ci, name="ci-7")).name == "ci-7"
    assert (await services.shares.open(ci, name="demo")).name == "demo"
    with pytest.raises(NameForbidden, match=r"ci-\*, demo"):
        await services.shares.open(ci, name="other")


async def test_a_random_name_is_one_of_the_patterns_too(services: Services) -> None:
    ci = (await services.tokens.create("ann", names=("demo", "ci-*"))).actor
    name = (await services.shares.open(ci)).name
    assert name.startswith("ci-")
    assert len(name) == len("ci-") + 16
    with pytest.raises(NameForbidden):
        await services.shares.open((await services.tokens.create("ann", names=("demo",))).actor)


async def test_row_04_a_lease_does_not_lead_past_the_patterns(services: Services) -> None:
    ann = await services.account("ann")
    grant = await services.shares.open(ann, name="other")
    ci = (await services.tokens.create("ann", names=("ci-*",))).actor
    with pytest.raises(NameForbidden):
        await services.shares.open(ci, name="other", lease=grant.lease)
    assert (await services.shares.open(ci, lease=grant.lease)).name != "other"


# -- invitations -----------------------------------------------------------------------------------


async def test_an_invitation_makes_an_account_and_its_token_once(services: Services) -> None:
    invited = await services.invitations.create("ann", role=Role.admin, scopes=EVERY)
    made = await services.invitations.redeem(f" {invited.code}\n", label="ann's laptop")
    actor = await services.tokens.authenticate(made.raw)
    assert (actor.account_name, actor.role, actor.scopes) == ("ann", Role.admin, EVERY)
    assert made.facts.label == "ann's laptop"
    with pytest.raises(BadCode):
        await services.invitations.redeem(invited.code)


async def test_of_several_who_use_a_code_at_once_one_gets_in(services: Services) -> None:
    code = (await services.invitations.create("ann")).code
    outcomes = await asyncio.gather(
        *(services.invitations.redeem(code) for _ in range(8)), return_exceptions=True
    )
    assert sum(not isinstance(outcome, BaseException) for outcome in outcomes) == 1
    assert sum(isinstance(outcome, BadCode) for outcome in outcomes) == 7
    assert len(await services.tokens.list()) == 1


async def test_an_invitation_changes_no_role_of_an_account_that_is_there(services: Services) -> None:
    await services.accounts.create("ann", by=OPERATOR)
    invited = await services.invitations.create("ann", role=Role.admin, scopes=EVERY)
    assert (await services.invitations.redeem(invited.code)).actor.role is Role.member


async def test_what_is_no_invitation_any_more_looks_like_what_never_was_one(services: Services) -> None:
    late, revoked = [await services.invitations.create("ann", expires_in=DAY) for _ in range(2)]
    await services.invitations.revoke(revoked.facts.id)
    services.clock.advance(DAY)
    told = set()
    for code in (late.code, revoked.code, "dsi_" + "x" * 40, "", "\ud800"):
        with pytest.raises(BadCode) as refused:
            await services.invitations.redeem(code)
        told.add(refused.value.message)
    assert len(told) == 1
    with pytest.raises(NoSuchInvitation):
        await services.invitations.revoke(revoked.facts.id)
    states = [facts.state(services.clock.now) for facts in await services.invitations.list()]
    assert states == ["expired", "revoked"]


async def test_a_banned_account_is_not_let_in_by_an_invitation(services: Services) -> None:
    await services.accounts.create("ann", by=OPERATOR)
    await services.accounts.ban("ann", by=OPERATOR)
    code = (await services.invitations.create("ann")).code
    with pytest.raises(Banned):
        await services.invitations.redeem(code)


# -- logins ----------------------------------------------------------------------------------------


async def test_a_device_gets_its_token_when_somebody_says_yes(services: Services) -> None:
    web = await services.web_sessions.by_token(await services.account("ann"))
    login = await services.logins.begin("ann's laptop", "192.0.2.7")
    seen = await services.logins.find(login.user_code.lower().replace("-", " "))
    assert (seen.client, seen.address) == ("ann's laptop", "192.0.2.7")
    assert await _refusal(services, login.device_code) == "authorization-pending"

    await services.logins.approve(login.user_code, by=web.actor, web_secret=web.secret)
    services.clock.advance(INTERVAL)
    made = await services.logins.collect(login.device_code)

    assert (made.facts.account, made.facts.label) == ("ann", "ann's laptop")
    assert await services.tokens.authenticate(made.raw)
    assert await _refusal(services, login.device_code) == "expired-token", "a token is given once"
    with pytest.raises(BadCode):
        await services.logins.find(login.user_code)


async def test_a_device_that_asks_too_often_is_told_to_slow_down(services: Services) -> None:
    login = await services.logins.begin("x", "")
    assert await _refusal(services, login.device_code) == "authorization-pending"
    assert await _refusal(services, login.device_code) == "slow-down"
    services.clock.advance(INTERVAL)
    assert await _refusal(services, login.device_code) == "authorization-pending"


async def test_a_no_and_the_end_of_the_time_are_for_good(services: Services) -> None:
    ann = await services.account("ann")
    denied, late = [await services.logins.begin("x", "") for _ in range(2)]
    await services.logins.deny(denied.user_code, by=ann)
    assert await _refusal(services, denied.device_code) == "access-denied"
    services.clock.advance(LIFETIME)
    assert await _refusal(services, late.device_code) == "expired-token"
    with pytest.raises(BadCode):
        await services.logins.approve(late.user_code, by=ann, web_secret="")
    assert await _refusal(services, "dsd_wrong") == "expired-token"


async def test_who_signed_in_by_a_token_that_ends_gives_none_that_lasts_longer(services: Services) -> None:
    brief = await services.tokens.create("ann", expires_in=DAY)
    web = await services.web_sessions.by_token(brief.actor)
    login = await services.logins.begin("x", "")
    await services.logins.approve(login.user_code, by=web.actor, web_secret=web.secret)
    made = await services.logins.collect(login.device_code)
    assert made.facts.expires_at == brief.facts.expires_at


async def test_a_ban_comes_before_a_yes(services: Services) -> None:
    web = await services.web_sessions.by_token(await services.account("ann"))
    login = await services.logins.begin("x", "")
    await services.logins.approve(login.user_code, by=web.actor, web_secret=web.secret)
    await services.accounts.ban("ann", by=OPERATOR)
    with pytest.raises(Banned):
        await services.logins.collect(login.device_code)


async def _refusal(services: Services, device_code: str) -> str:
    with pytest.raises(LoginPending) as pending:
        await services.logins.collect(device_code)
    return pending.value.code


# -- web sessions ----------------------------------------------------------------------------------


async def test_a_web_session_ends_with_its_token_and_by_itself(services: Services) -> None:
    first, second = await services.tokens.create("ann"), await services.tokens.create("ann")
    ends = await services.web_sessions.by_token(first.actor)
    stays = await services.web_sessions.by_token(second.actor)
    await services.tokens.revoke_one(first.facts.key, by=OPERATOR)
    assert await services.web_sessions.who(ends.secret) is None
    found = await services.web_sessions.who(stays.secret)
    assert found is not None
    assert found.account_name == "ann"
    services.clock.advance(DAY)
    assert await services.web_sessions.who(stays.secret) is None


async def test_a_narrow_token_opens_no_web_session(services: Services) -> None:
    small = (await services.tokens.create("ann", scopes=frozenset({Scope.share}))).actor
    with pytest.raises(Forbidden):
        await services.web_sessions.by_token(small)
    named = (await services.tokens.create("ann", names=("ci-*",))).actor
    with pytest.raises(NameForbidden):
        await services.web_sessions.by_token(named)


async def test_a_web_session_may_no_more_than_the_token_that_began_it(services: Services) -> None:
    await services.accounts.create("ann", by=OPERATOR, role=Role.admin)
    web = await services.web_sessions.by_token(await services.account("ann"))
    found = await services.web_sessions.who(web.secret)
    assert found is not None
    assert not found.may(Scope.admin)


# -- the trail -------------------------------------------------------------------------------------


async def test_the_trail_is_read_in_pages_and_by_what_it_is_about(services: Services) -> None:
    for name in ("ann", "bob"):
        await services.shares.open(await services.account(name), name=f"{name}s")
    everything = await services.trail.page(Filter())
    assert [event.action for event in everything] == 2 * ["share.open", "token.create", "account.create"]
    assert [event.subject for event in await services.trail.page(Filter(), account="bob")] == [
        "bobs",
        "bob",
        "bob",
    ]
    assert len(await services.trail.page(Filter(action="share."))) == 2
    assert len(await services.trail.page(Filter(subject="anns"))) == 1
    rest = await services.trail.page(Filter(), before=everything[1].id, limit=2)
    assert list(rest) == list(everything[2:4])


async def test_row_20_no_secret_is_in_the_database(services: Services) -> None:
    token = await services.tokens.create("ann")
    invited = await services.invitations.create("ann")
    login = await services.logins.begin("x", "")
    web = await services.web_sessions.by_token(token.actor)
    stored = await services.database.read(_everything)
    assert token.facts.key in stored
    for secret in (token.raw[13:], invited.code, login.device_code, web.secret):
        assert secret not in stored
        assert secret not in repr(token) + repr(invited) + repr(login) + repr(web)


def _everything(session: Session) -> str:
    tables = Base.metadata.sorted_tables
    return "\n".join(str(row) for table in tables for row in session.execute(table.select()))
