"""What a backend sees of malformed and odd requests through nginx, through HAProxy and through Doorstep.

The rule: Doorstep never forwards what both others refuse, and the backend never sees other requests
or bodies than through one of them. Where Doorstep is more lenient than one of them, `requests.txt`
lists the case with its reason.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest
import uvloop

from tests.differential.corpus import Case, cases, lenient
from tests.differential.mutation import mutants
from tests.differential.proxies import LANES, NAMES, QUIET, Lane, Outcome, lanes

SEED = 2026
MUTANTS = 400
PATIENT = (2.0, 10.0)
"""Seconds of silence when a case is played again, and once more: under load, an answer may take its time."""
PLAIN = ("plain", "five bytes", "chunked", "three requests")
"""What every proxy forwards."""
NAMED = frozenset(case.name for case in cases())
LISTED = frozenset(lenient())
"""Of those, the ones that Doorstep forwards and another proxy refuses."""

Outcomes = dict[str, Outcome]

pytestmark = pytest.mark.timeout(180)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Outcomes]:
    return play(cases(), tmp_path_factory.mktemp("corpus"))


@pytest.fixture(scope="module")
def mutated(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Outcomes]:
    return play(mutants(cases(), MUTANTS, SEED), tmp_path_factory.mktemp("mutants"))


def play(played: Sequence[Case], folder: Path) -> dict[str, Outcomes]:
    """Each case's outcomes; one that is not as it should be is played again, alone and patiently."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_play(played, folder))


async def _play(played: Sequence[Case], folder: Path) -> dict[str, Outcomes]:
    outcomes: dict[str, Outcomes] = {case.name: {} for case in played}

    async def run(name: str, lane: Lane, mine: Sequence[Case]) -> None:
        for case in mine:
            outcomes[case.name][name] = await lane.play(case.sent, QUIET)

    async def again(through: Outcomes, name: str, lane: Lane, case: Case, patience: float) -> None:
        through[name] = await lane.play(case.sent, patience)

    async with lanes(folder) as there:
        await asyncio.gather(
            *(run(name, there[name][lane], played[lane::LANES]) for name in NAMES for lane in range(LANES))
        )
        for patience, is_doubtful in zip(PATIENT, (in_doubt, is_fault), strict=True):
            doubtful = [case for case in played if is_doubtful(case, outcomes[case.name])]
            for at in range(0, len(doubtful), LANES):
                some = doubtful[at : at + LANES]
                await asyncio.gather(
                    *(
                        again(outcomes[case.name], name, lane, case, patience)
                        for name in NAMES
                        for lane, case in zip(there[name], some, strict=False)
                    )
                )
    return outcomes


def in_doubt(case: Case, through: Outcomes) -> bool:
    return is_lenient(through) or is_fault(case, through)


def is_fault(case: Case, through: Outcomes) -> bool:
    """Whether a test would fail by this."""
    is_missed = case.name in PLAIN and not all(outcome.seen for outcome in through.values())
    is_mistaken = case.name in NAMED and is_lenient(through) != (case.name in LISTED)
    return is_missed or is_mistaken or not agrees(through) or refused_by_both(through)


def refused_by_both(through: Outcomes) -> bool:
    return bool(through["doorstep"].seen and not through["nginx"].seen and not through["haproxy"].seen)


def is_lenient(through: Outcomes) -> bool:
    """Whether Doorstep forwards more than one of the others does."""
    return len(through["doorstep"].seen) > min(len(through["nginx"].seen), len(through["haproxy"].seen))


def agrees(through: Outcomes) -> bool:
    """Whether the backend saw, as far as it goes, what it sees through one of the others."""
    seen = through["doorstep"].messages
    return any(through[other].messages[: len(seen)] == seen for other in ("nginx", "haproxy"))


def told(outcomes: dict[str, Outcomes], names: Sequence[str]) -> str:
    return "\n".join(f"{name}: { ({key: o.seen for key, o in outcomes[name].items()}) }" for name in names)


def both_refuse(outcomes: dict[str, Outcomes]) -> list[str]:
    return [name for name, through in outcomes.items() if refused_by_both(through)]


def test_the_corpus_is_as_large_as_it_claims_and_each_name_is_one_case() -> None:
    names = [case.name for case in cases()]
    assert len(names) >= 250
    assert len(set(names)) == len(names)
    assert all(reason for reason in lenient().values())


def test_the_proxies_do_forward_what_is_plain(corpus: dict[str, Outcomes]) -> None:
    for name in PLAIN:
        for through in corpus[name].values():
            assert through.seen, corpus[name]


def test_nothing_goes_on_that_nginx_and_haproxy_both_refuse(corpus: dict[str, Outcomes]) -> None:
    broken = both_refuse(corpus)
    assert not broken, told(corpus, broken)


def test_the_backend_sees_the_requests_and_bodies_that_it_sees_through_another(
    corpus: dict[str, Outcomes],
) -> None:
    broken = [name for name, through in corpus.items() if not agrees(through)]
    assert not broken, told(corpus, broken)


def test_every_leniency_is_listed_with_its_reason_and_still_one(corpus: dict[str, Outcomes]) -> None:
    found = {name for name, through in corpus.items() if is_lenient(through)}
    assert found == LISTED, told(corpus, sorted(found ^ LISTED))


def test_no_mutant_goes_on_that_nginx_and_haproxy_both_refuse(mutated: dict[str, Outcomes]) -> None:
    broken = both_refuse(mutated)
    assert not broken, told(mutated, broken)


def test_no_mutant_makes_the_backend_see_something_else(mutated: dict[str, Outcomes]) -> None:
    broken = [name for name, through in mutated.items() if not agrees(through)]
    assert not broken, told(mutated, broken)
