"""Who may open shares."""

from __future__ import annotations

import asyncio

import pytest

from doorstep_relay.control.tokens import bearer
from doorstep_relay.errors import BadToken, ConfigError, NotFoundError
from tests.relay.store.services import DAY, Services


async def test_a_token_opens_its_account(services: Services) -> None:
    made = await services.tokens.create("ann")
    actor = await services.tokens.authenticate(made.raw)
    assert actor == made.actor
    assert (actor.account_name, actor.label, actor.is_operator) == ("ann", "account:ann", False)


async def test_an_account_may_have_several_tokens(services: Services) -> None:
    first, second = await services.tokens.create("ann"), await services.tokens.create("ann")
    assert first.actor.account_id == second.actor.account_id
    assert first.actor.token_id != second.actor.token_id


async def test_an_expired_token_opens_nothing(services: Services) -> None:
    made = await services.tokens.create("ann", expires_in=DAY)
    assert (await services.tokens.authenticate(made.raw)).token_expires_at == services.clock.now + DAY
    services.clock.advance(DAY)
    with pytest.raises(BadToken):
        await services.tokens.authenticate(made.raw)


async def test_a_revoked_token_opens_nothing_and_others_still_do(services: Services) -> None:
    first, second = await services.tokens.create("ann"), await services.tokens.create("ann")
    (change,) = await services.tokens.revoke(first.facts.key)
    assert (change.action, change.token_id) == ("token.revoke", first.actor.token_id)
    with pytest.raises(BadToken):
        await services.tokens.authenticate(first.raw)
    assert await services.tokens.authenticate(second.raw)


async def test_an_account_can_be_shut_out_with_all_its_tokens(services: Services) -> None:
    made = [await services.tokens.create("ann") for _ in range(2)]
    other = await services.tokens.create("bob")
    assert [change.token_id for change in await services.tokens.revoke("ann")] == [1, 2]
    for token in made:
        with pytest.raises(BadToken):
            await services.tokens.authenticate(token.raw)
    assert await services.tokens.authenticate(other.raw)


async def test_a_leaked_token_can_be_revoked_by_pasting_it_and_is_not_repeated(services: Services) -> None:
    made = await services.tokens.create("ann")
    await services.tokens.revoke(made.raw)
    with pytest.raises(NotFoundError) as missing:
        await services.tokens.revoke(made.raw)
    assert made.raw[13:] not in str(missing.value)


@pytest.mark.parametrize("unknown", ["nobody", "", "dst_", "'; DROP TABLE token; --"])
async def test_revoking_what_is_not_there_is_an_error(services: Services, unknown: str) -> None:
    with pytest.raises(NotFoundError, match="token list"):
        await services.tokens.revoke(unknown)


async def test_whether_anybody_could_authenticate(services: Services) -> None:
    assert not await services.tokens.any_usable()
    await services.tokens.create("ann", expires_in=DAY)
    assert await services.tokens.any_usable()
    services.clock.advance(DAY)
    assert not await services.tokens.any_usable()
    await services.tokens.create("ann")
    assert await services.tokens.any_usable()
    await services.tokens.revoke("ann")
    assert not await services.tokens.any_usable()


async def test_the_last_use_is_noted_but_not_at_every_use(services: Services) -> None:
    made = await services.tokens.create("ann")

    async def last_used() -> float | None:
        await asyncio.gather(*(services.tokens.authenticate(made.raw) for _ in range(3)))
        return (await services.tokens.list())[0].last_used_at

    first = services.clock.now
    assert await last_used() == first
    services.clock.advance(59)
    assert await last_used() == first
    services.clock.advance(1)
    assert await last_used() == first + 60


async def test_a_list_shows_everything_but_secrets(services: Services) -> None:
    made = await services.tokens.create("ann")
    (listed,) = await services.tokens.list()
    assert listed == made.facts
    assert made.raw[13:] not in repr(listed) + repr(made)


@pytest.mark.parametrize("name", ["", " ", "-x", "a b", "x" * 65, "é", "a\n", "operator\x1b[2J"])
async def test_an_account_has_a_plain_name(services: Services, name: str) -> None:
    with pytest.raises(ConfigError, match="cannot be an account's name"):
        await services.tokens.create(name)


@pytest.mark.parametrize("wrong", [0, -1, float("nan"), float("inf")])
async def test_a_token_lives_for_some_time(services: Services, wrong: float) -> None:
    with pytest.raises(ConfigError, match="cannot live"):
        await services.tokens.create("ann", expires_in=wrong)


@pytest.mark.parametrize("sent", [["Bearer abc"], ["bearer abc"], ["BEARER  abc "]])
def test_a_bearer_token_is_read_from_its_header(sent: list[str]) -> None:
    assert bearer(sent) == "abc"


@pytest.mark.parametrize(
    "sent",
    [[], [""], ["abc"], ["Bearer"], ["Bearer "], ["Basic abc"], ["Bearer a", "Bearer a"], ["Bearer,abc"]],
)
def test_anything_but_one_bearer_header_is_no_credential(sent: list[str]) -> None:
    with pytest.raises(BadToken):
        bearer(sent)
