"""What a page is told, and told again: changes, steps, numbers, replays."""

from __future__ import annotations

import json
from typing import Any

from doorstep.changes import Differ
from doorstep.messages import Done, Progress, Queued, Started, Toast
from doorstep.outbox import FRAME_TIME, KEEP_MESSAGES, MAX_TOASTS, Outbox


def told(outbox: Outbox, now: float = 0.0) -> list[dict[str, Any]]:
    return [json.loads(frame) for frame in outbox.take(now)]


def done(job: int = 1, *changes: Any) -> Done:
    return Done(job=job, changes=list(changes), seconds=0.5)


class TestChanges:
    def test_text_that_only_grew_is_appended(self) -> None:
        assert steps_of("Hel", "Hello", "Bye") == [{"value": "Hel"}, {"append": "lo"}, {"value": "Bye"}]

    def test_what_did_not_change_is_not_told(self) -> None:
        assert steps_of("a", "a") == [{"value": "a"}, None]
        assert steps_of(1, True) == [{"value": 1}, {"value": True}], "true is not one"


def steps_of(*values: Any) -> list[Any]:
    """The changes of one component that shows these values."""
    differ = Differ()
    return [differ.step([(1, {"value": value})]).get(1) for value in values]


class TestSteps:
    def test_the_first_step_goes_out_at_once_and_later_ones_at_the_speed_of_a_screen(self) -> None:
        outbox = Outbox()
        outbox.step(1, {7: {"value": "a"}})
        assert told(outbox, 10.0)[0]["changes"] == [[7, {"value": "a"}]]
        outbox.step(1, {7: {"append": "b"}})
        outbox.step(1, {7: {"append": "c"}})
        assert told(outbox, 10.0 + FRAME_TIME / 2) == []
        assert outbox.due() == 10.0 + FRAME_TIME
        assert told(outbox, 10.0 + FRAME_TIME)[0]["changes"] == [[7, {"append": "bc"}]]
        assert outbox.due() is None

    def test_the_end_carries_the_steps_that_were_not_sent(self) -> None:
        outbox = Outbox()
        outbox.step(1, {7: {"value": "a"}, 8: {"value": 1}})
        outbox.end(1, done(1, (7, {"append": "b"})))
        (message,) = told(outbox)
        assert message["type"] == "done"
        assert message["changes"] == [[7, {"value": "ab"}], [8, {"value": 1}]]

    def test_two_jobs_do_not_share_their_steps(self) -> None:
        outbox = Outbox()
        outbox.step(1, {7: {"value": "a"}})
        outbox.step(2, {7: {"value": "b"}})
        assert [message["job"] for message in told(outbox)] == [1, 2]


class TestTheLastIsEnough:
    def test_of_places_and_progress_only_the_last_is_sent(self) -> None:
        outbox = Outbox()
        for number in (2, 1, 0):
            outbox.queued(Queued(job=1, position=number))
        outbox.put(Started(job=1))
        for fraction in (0.1, 0.2):
            outbox.progress(Progress(job=1, fraction=fraction))
        messages = told(outbox)
        assert [each["type"] for each in messages] == ["queued", "started", "progress"]
        assert (messages[0]["position"], messages[2]["fraction"]) == (0, 0.2)

    def test_a_job_that_is_over_has_neither(self) -> None:
        outbox = Outbox()
        outbox.queued(Queued(job=1, position=1))
        outbox.progress(Progress(job=1, fraction=0.5))
        outbox.end(1, done())
        assert [each["type"] for each in told(outbox)] == ["done"]

    def test_a_function_cannot_fill_memory_with_toasts(self) -> None:
        outbox = Outbox()
        for _ in range(MAX_TOASTS * 2):
            outbox.toast(Toast(level="info", title="", message="again"))
        assert outbox.backlog == MAX_TOASTS


class TestReplay:
    def test_numbers_rise_by_one(self) -> None:
        outbox = Outbox()
        for job in range(3):
            outbox.put(Started(job=job))
        assert [message["seq"] for message in told(outbox)] == [1, 2, 3]

    def test_what_was_not_seen_is_told_again(self) -> None:
        outbox = Outbox()
        for job in range(3):
            outbox.put(Started(job=job))
        frames = outbox.take(0)
        assert outbox.again(1) == frames[1:]
        assert outbox.again(3) == []

    def test_what_was_seen_is_forgotten(self) -> None:
        outbox = Outbox()
        for job in range(3):
            outbox.put(Started(job=job))
        outbox.take(0)
        outbox.seen(2)
        assert outbox.again(1) is None
        assert outbox.again(2) is not None

    def test_a_number_that_was_never_sent_is_no_basis(self) -> None:
        outbox = Outbox()
        assert outbox.again(0) == []
        assert outbox.again(5) is None
        assert outbox.again(-1) is None

    def test_only_so_much_is_kept(self) -> None:
        outbox = Outbox()
        for job in range(KEEP_MESSAGES + 10):
            outbox.put(Started(job=job))
        outbox.take(0)
        assert outbox.again(0) is None
        assert len(outbox.again(10) or ()) == KEEP_MESSAGES

    def test_big_messages_are_not_kept_either(self) -> None:
        outbox = Outbox()
        for job in range(20):
            outbox.end(job, done(job, (1, {"value": "x" * 100_000})))
        outbox.take(0)
        assert outbox._sent_size <= 300_000
