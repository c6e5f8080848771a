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


def test_a_full_queue_refuses_and_takes_again_when_there_is_room() -> None:
    queue: Queue[str] = Queue(max_size=1)
    queue.submit("running", "g", 1)
    queue.submit("waiting", "g", 1)
    with pytest.raises(QueueFullError):
        queue.submit("one too many", "g", 1)
    assert queue.finish("g") == "waiting"
    assert not queue.submit("welcome", "g", 1)


@settings(max_examples=60, deadline=None)
@given(
    limit=st.integers(1, 4),
    actions=st.lists(st.sampled_from(["submit", "finish", "withdraw"]), max_size=40),
)
def test_never_more_than_the_limit_run_and_no_place_stays_empty(limit: int, actions: list[str]) -> None:
    queue: Queue[int] = Queue()
    running: set[int] = set()
    waiting: list[int] = []
    for number, action in enumerate(actions):
        if action == "submit":
            (running.add if queue.submit(number, "g", limit) else waiting.append)(number)
        elif action == "finish" and running:
            running.pop()
            following = queue.finish("g")
            assert following == (waiting.pop(0) if waiting else None)
            if following is not None:
                running.add(following)
        elif action == "withdraw" and waiting:
            assert queue.withdraw(waiting.pop(), "g")
        assert len(running) <= limit
        assert not waiting or len(running) == limit
        assert queue.waiting == len(waiting)
        assert [job for job, _ in queue.positions()] == waiting
