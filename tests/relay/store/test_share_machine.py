"""Whatever clients, clocks and operators do in whatever order, the rules of a share's life hold.

Hypothesis chooses the order; every step runs on a real database.
"""

from __future__ import annotations

import asyncio
import tempfile
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle as Several
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, multiple, rule

from doorstep_relay.control.actors import ANONYMOUS, OPERATOR, Actor
from doorstep_relay.control.history import ShareFacts
from doorstep_relay.control.opening import Grant
from doorstep_relay.domain.lifecycle import ACTIVE, ENDED
from doorstep_relay.errors import Refusal
from tests.relay.store.services import Services, open_services

NAMES = st.sampled_from(["demo", "other"])
ACTORS = st.sampled_from(["ann", "bob", "nobody"])


class ShareMachine(RuleBasedStateMachine):
    """Clients open, lose and close shares; time passes; an operator revokes and releases."""

    grants = Several("grants")

    @initialize()
    def start(self) -> None:
        self.runner = asyncio.Runner()
        self.stack = AsyncExitStack()
        self.directory = tempfile.TemporaryDirectory()
        self.services: Services = self.runner.run(
            self.stack.enter_async_context(open_services(Path(self.directory.name)))
        )
        self.shares = self.services.shares
        self.actors: dict[str, Actor] = {"nobody": ANONYMOUS}
        for name in ("ann", "bob"):
            self.actors[name] = self.runner.run(self.services.account(name))
        self.seen: dict[int, ShareFacts] = {}

    def teardown(self) -> None:
        if hasattr(self, "runner"):
            self.runner.run(self.stack.aclose())
            self.runner.close()
            self.directory.cleanup()

    @rule(target=grants, who=ACTORS, name=NAMES, expires_in=st.sampled_from([None, 50.0, 5000.0]))
    def open_by_name(self, who: str, name: str, expires_in: float | None) -> object:
        before = self.holder(name)
        try:
            grant = self.runner.run(self.shares.open(self.actors[who], name=name, expires_in=expires_in))
        except Refusal:
            return multiple()
        if before is not None and before.id == grant.share_id:
            assert before.owner == who, "only its owner takes a share over by its name"
        return grant

    @rule(target=grants, who=ACTORS, grant=grants, with_name=st.booleans())
    def resume(self, who: str, grant: Grant, with_name: bool) -> object:
        name = grant.name if with_name else None
        try:
            return self.runner.run(self.shares.open(self.actors[who], name=name, lease=grant.lease))
        except Refusal:
            return multiple()

    @rule(grant=grants)
    def lose(self, grant: Grant) -> None:
        self.by_holder(grant, self.runner.run(self.shares.disconnected(grant.share_id, grant.epoch)))

    @rule(grant=grants)
    def close(self, grant: Grant) -> None:
        self.by_holder(grant, self.runner.run(self.shares.close(grant.share_id, grant.epoch)))

    def by_holder(self, grant: Grant, counted: bool) -> None:
        current = self.seen[grant.share_id].epoch == grant.epoch
        assert current or not counted, "an older epoch's word counts for nothing"

    @rule(seconds=st.sampled_from([1.0, 100.0, 4000.0, 40 * 86400.0]))
    def wait(self, seconds: float) -> None:
        self.services.clock.advance(seconds)

    @rule()
    def look_at_the_clock(self) -> None:
        now = self.services.clock.now
        self.runner.run(self.shares.expire_overdue(now))
        self.runner.run(self.shares.grace_over(now))

    @rule()
    def restart(self) -> None:
        self.runner.run(self.shares.all_offline())
        assert all(share.state == "offline" for share in self.runner.run(self.shares.list()))

    @rule(who=st.sampled_from(["ann", "bob", "nobody", "operator"]), name=NAMES)
    def revoke(self, who: str, name: str) -> None:
        before = self.holder(name)
        try:
            self.runner.run(self.shares.revoke(name, actor=self.actors.get(who, OPERATOR)))
        except Refusal:
            return
        assert before is not None
        assert who in {"operator", before.owner}, "only its owner and the operator end a share"

    @rule(name=NAMES)
    def release(self, name: str) -> None:
        holder = self.holder(name)
        if holder is not None and holder.state in ENDED:
            self.runner.run(self.shares.release(name, actor=OPERATOR))

    def holder(self, name: str) -> ShareFacts | None:
        return self.runner.run(self.shares.find(name))

    @invariant()
    def the_rules_hold(self) -> None:
        if not hasattr(self, "shares"):
            return
        found = self.runner.run(self.shares.list(ended=True))
        active = [share.name for share in found if share.state in ACTIVE]
        assert len(active) == len(set(active)), "a name has at most one active share"
        for share in found:
            before = self.seen.get(share.id, share)
            assert share.epoch >= before.epoch, "an epoch only rises"
            assert share.state == before.state or before.state not in ENDED, "what ended never comes back"
            assert (share.name, share.owner_id) == (before.name, before.owner_id), (
                "a share stays whose it was"
            )
        self.seen = {share.id: share for share in found}


@pytest.mark.timeout(400)  # hundreds of transactions, on a machine that may be busy
@pytest.mark.sqlite_only  # a database for each of many runs; the rules are the same
def test_the_rules_hold_whatever_happens() -> None:
    from hypothesis.stateful import run_state_machine_as_test

    run_state_machine_as_test(
        ShareMachine,
        settings=settings(
            max_examples=20,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow],
        ),
    )
