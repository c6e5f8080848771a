"""Host names of accounts' own: who may say what of one, and whom the DNS proves right."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from doorstep_relay.control.actors import OPERATOR
from doorstep_relay.control.domains import Domains
from doorstep_relay.control.proof import Unanswered
from doorstep_relay.errors import BadDomain, NoSuchDomain, NoSuchShare, NotProven
from tests.relay.store.services import Services

HOST = "app.example.net"


class FakeProver:
    """A name server's TXT records; `None` is one that does not answer."""

    def __init__(self) -> None:
        self.records: dict[str, list[str] | None] = {}

    async def values(self, record: str) -> Sequence[str]:
        values = self.records.get(record, [])
        if values is None:
            raise Unanswered("no answer")
        return values


def domains_of(services: Services) -> tuple[Domains, FakeProver]:
    prover = FakeProver()
    return Domains(services.database, services.clock, "localhost", prover), prover


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "x.localhost",
        "127.0.0.1",
        "single",
        "a b.example",
        "-x.net",
        "*.example.net",
        "é.net",
        "",
    ],
)
async def test_row_10_a_host_that_cannot_be_anybodys_is_refused(services: Services, host: str) -> None:
    ann = await services.account("ann")
    await services.shares.open(ann, name="demo")
    with pytest.raises(BadDomain):
        await domains_of(services)[0].add(host, "demo", actor=ann)


async def test_a_host_shows_only_what_is_its_accounts(services: Services) -> None:
    ann, bob = await services.account("ann"), await services.account("bob")
    await services.shares.open(ann, name="demo")
    domains, _ = domains_of(services)
    for name in ("demo", "nothing", "-"):
        with pytest.raises(NoSuchShare):
            await domains.add(HOST, name, actor=bob)
    await domains.add(HOST, "demo", actor=ann)
    for act in (domains.verify, domains.remove, domains.find):
        with pytest.raises(NoSuchDomain):
            await act(HOST, actor=bob)


async def test_who_has_proven_nothing_keeps_nobody_from_proving_it(services: Services) -> None:
    ann, bob = await services.account("ann"), await services.account("bob")
    domains, prover = domains_of(services)
    for who, name in ((ann, "one"), (bob, "two")):
        await services.shares.open(who, name=name)
    squatted = await domains.add(HOST, "one", actor=ann)
    said = await domains.add(HOST, "two", actor=bob)
    assert squatted.value != said.value
    prover.records[said.record] = [said.value]
    with pytest.raises(NotProven):
        await domains.verify(HOST, actor=ann)
    assert await domains.verify(HOST, actor=bob) is not None
    assert await domains.verify(HOST, actor=bob) is None
    prover.records[said.record] = [squatted.value]  # the domain was sold
    assert await domains.verify(HOST, actor=ann) is not None
    assert [(route.name, route.account_id) for route in await domains.routes()] == [("one", ann.account_id)]


async def test_a_record_that_is_gone_proves_nothing_and_one_that_cannot_be_asked_for_still_does(
    services: Services,
) -> None:
    ann = await services.account("ann")
    await services.shares.open(ann, name="demo")
    domains, prover = domains_of(services)
    said = await domains.add(HOST, "demo", actor=ann)
    prover.records[said.record] = [said.value]
    await domains.verify(HOST, actor=ann)
    prover.records[said.record] = None
    assert await domains.look_again() == []
    prover.records[said.record] = []
    (change,) = await domains.look_again()
    assert (change.action, change.detail["host"]) == ("domain.lapse", HOST)
    assert await domains.route(HOST) is None
    await domains.remove(HOST, actor=ann)


async def test_certificates_are_for_names_that_are_there(services: Services) -> None:
    from doorstep_relay.control.names import Names

    ann = await services.account("ann")
    grant = await services.shares.open(ann, name="demo")
    await Names(services.database, services.clock).reserve("kept", "ann", actor=OPERATOR)
    domains, _ = domains_of(services)
    for host, ours in (
        *(("localhost", True), ("demo.localhost", True), ("DEMO.localhost.", True), ("kept.localhost", True)),
        *(("other.localhost", False), ("a.demo.localhost", False), (HOST, False), ("", False)),
    ):
        assert await domains.is_ours(host) is ours, host
    await services.shares.close(grant.share_id, grant.epoch)
    assert not await domains.is_ours("demo.localhost")
