"""The queue's rules: plain objects, no loop, no clock."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from doorstep.queue.core import Queue, QueueFullError


def test_jobs_of_one_group_start_in_the_order_in_which_they_came() -> None:
    queue: Queue[str] = Queue()
    assert queue.submit("first", "g", 1)
    assert not queue.submit("second", "g", 1)
    assert not queue.submit("third", "g", 1)
    assert queue.finish("g") == "second"
    assert queue.finish("g") == "third"
    assert queue.finish("g") is None


def test_groups_do_not_wait_for_each_other() -> None:
    queue: Queue[str] = Queue()
    assert queue.submit("a", "one", 1)
    assert queue.submit("b", "two", 1)


def test_no_limit_means_that_nobody_waits() -> None:
    queue: Queue[int] = Queue()
    assert all(queue.submit(job, "g", None) for job in range(100))


def test_positions_count_from_zero_and_close_up() -> None:
    queue: Queue[str] = Queue()
    for job in ("running", "a", "b", "c"):
        queue.submit(job, "g", 1)
    assert dict(queue.positions()) == {"a": 0, "b": 1, "c": 2}
    assert queue.withdraw("b", "g")
    assert dict(queue.positions()) == {"a": 0, "c": 1}
    assert not queue.withdraw("b", "g")
    assert not queue.withdraw("running", "g")


def test_owners_take_turns_so_that_nobody_waits_for_all_of_anothers_jobs() -> None:
    queue: Queue[str] = Queue()
    queue.submit("running", "g", 1, "greedy")
    for job in ("g1", "g2", "g3"):
        queue.submit(job, "g", 1, "greedy")
    queue.submit("m1", "g", 1, "modest")
    queue.submit("m2", "g", 1, "modest")
    assert dict(queue.positions()) == {"g1": 0, "m1": 1, "g2": 2, "m2": 3, "g3": 4}
    assert [queue.finish("g") for _ in range(6)] == ["g1", "m1", "g2", "m2", "g3", None]


def test_who_comes_back_waits_behind_those_that_are_there() -> None:
    queue: Queue[str] = Queue()
    queue.submit("running", "g", 1, "a")
    queue.submit("a1", "g", 1, "a")
    queue.submit("b1", "g", 1, "b")
    assert queue.finish("g") == "a1"
    queue.submit("a2", "g", 1, "a")
    queue.submit("b2", "g", 1, "b")
    assert [queue.finish("g") for _ in range(3)] == ["b1", "a2", "b2"]


def test_jobs_that_suit_run_together_in_one_place() -> None:
    queue: Queue[str] = Queue()
    queue.submit("running", "g", 1, "a")
    for job in ("x1", "x2", "x3", "y1", "x4"):
        queue.submit(job, "g", 1, job)
    assert queue.finish("g") == "x1"
    assert queue.join("g", 7, lambda job: job.startswith("x")) == ["x2", "x3"], "turns are kept"
    assert queue.waiting == 2
    assert queue.finish("g") == "y1"
    assert queue.finish("g") == "x4"
    assert queue.finish("g") is None


def test_a_full_queue_refuses_and_takes_again_when_there_is_room() -> None:
    queue: Queue[str] = Queue(max_size=1)
    queue.submit("running", "g", 1)
    queue.submit("waiting", "g", 1)
    with pytest.raises(QueueFullError):
        queue.submit("one too many", "g", 1)
    assert queue.finish("g") == "waiting"
    assert not queue.submit("welcome", "g", 1)


@settings(max_examples=100, deadline=None)
@given(
    limit=st.integers(1, 4),
    actions=st.lists(
        st.tuples(st.sampled_from(["submit", "submit", "finish", "withdraw"]), st.integers(0, 2)), max_size=60
    ),
)
def test_never_more_than_the_limit_run_and_no_place_stays_empty(
    limit: int, actions: list[tuple[str, int]]
) -> None:
    queue: Queue[int] = Queue()
    running: set[int] = set()
    waiting: dict[int, int] = {}
    for number, (action, owner) in enumerate(actions):
        if action == "submit":
            if queue.submit(number, "g", limit, owner):
                running.add(number)
            else:
                waiting[number] = owner
        elif action == "finish" and running:
            first = next((job for job, _ in queue.positions()), None)
            running.pop()
            following = queue.finish("g")
            assert following == first, "positions tell who is next"
            if following is not None:
                del waiting[following]
                running.add(following)
        elif action == "withdraw" and waiting:
            job, its_owner = waiting.popitem()
            assert queue.withdraw(job, "g", its_owner)
        assert len(running) <= limit
        assert not waiting or len(running) == limit
        assert queue.waiting == len(waiting)
        positions = list(queue.positions())
        assert {job for job, _ in positions} == set(waiting)
        assert [place for _, place in positions] == list(range(len(waiting)))


@settings(max_examples=60, deadline=None)
@given(owners=st.lists(st.integers(0, 3), min_size=1, max_size=30))
def test_between_two_jobs_of_one_owner_everybody_else_has_a_turn(owners: list[int]) -> None:
    queue: Queue[int] = Queue()
    queue.submit(-1, "g", 1)
    for job, owner in enumerate(owners):
        queue.submit(job, "g", 1, owner)
    order = [owners[job] for job in iter(lambda: queue.finish("g"), None)]
    for position, owner in enumerate(order):
        earlier = [index for index in range(position) if order[index] == owner]
        if earlier:
            between = set(order[earlier[-1] + 1 : position])
            assert set(order[position:]) - {owner} <= between | {owner}
    assert sorted(order) == sorted(owners)
