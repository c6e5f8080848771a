"""Patches of lists and objects: applied to the old value they give the new one, and they are small."""

from __future__ import annotations

import copy
import json
import time
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from doorstep.changes import Differ, join
from doorstep.patches import MAX_OPERATIONS, MAX_SIZE, Snapshot

scalars = st.one_of(
    st.none(), st.booleans(), st.integers(-2, 3), st.floats(0.5, 3, width=16), st.text("ab", max_size=4)
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=10,
)
trees = st.lists(values, max_size=5) | st.dictionaries(st.sampled_from("abc"), values, max_size=3)


def applied(value: Any, patch: list[Any]) -> Any:
    """What the page does (docs/ui-protocol.md)."""
    root = [copy.deepcopy(value)]
    for operation, path, new in json.loads(json.dumps(patch)):
        parent, key = root, 0
        for step in path:
            parent, key = parent[key], step
        if operation == "append":
            parent[key] += new
        elif operation == "delete":
            del parent[key]
        elif operation == "add" and isinstance(parent, list):
            parent.insert(key, new)
        else:
            parent[key] = new
    return root[0]


def shown(value: Any, change: dict[str, Any]) -> Any:
    """What a component shows after a change."""
    if "value" in change:
        return change["value"]
    if "append" in change:
        return value + change["append"]
    return applied(value, change["patch"]) if "patch" in change else value


def strictly(value: Any) -> str:
    """For comparing: true is not one, to a page."""
    return json.dumps(value, sort_keys=True).replace(".0", "")


@settings(max_examples=200, deadline=None)
@given(steps=st.lists(trees, min_size=2, max_size=5))
def test_a_patch_applied_to_the_old_value_gives_the_new_one(steps: list[Any]) -> None:
    differ, value = Differ(), None
    for step in steps:
        value = shown(value, differ.step([(1, {"value": step})]).get(1, {}))
        assert strictly(value) == strictly(step)
        assert strictly(differ.values[1]) == strictly(step)


@settings(max_examples=200, deadline=None)
@given(steps=st.lists(trees | st.text("ab", max_size=3), min_size=1, max_size=7), cut=st.integers(0, 7))
def test_joined_steps_do_what_the_steps_do(steps: list[Any], cut: int) -> None:
    differ, value, pending = Differ(), None, {}
    changes = [differ.step([(1, {"value": step})]) for step in steps]
    for change in changes[:cut]:
        value = shown(value, change.get(1, {}))
    for change in changes[cut:]:
        pending = join(pending, change)
    assert strictly(shown(value, pending.get(1, {}))) == strictly(steps[-1])


def test_a_message_that_grows_is_appended() -> None:
    history = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hel"}]
    snapshot = Snapshot(history)
    history[1]["content"] = "Hello"
    assert snapshot.patch_to(history) == [("append", [1, "content"], "lo")]
    history.append({"role": "user", "content": "Bye"})
    assert snapshot.patch_to(history) == [("add", [2], {"role": "user", "content": "Bye"})]


def test_an_item_in_the_middle_is_added_and_deleted_alone() -> None:
    snapshot = Snapshot(["a", "b", "c"])
    assert snapshot.patch_to(["a", "x", "b", "c"]) == [("add", [1], "x")]
    assert snapshot.patch_to(["a", "x", "c"]) == [("delete", [2], None)]
    assert snapshot.patch_to(("a", "x", "c")) == []


def test_a_value_changed_in_place_is_seen() -> None:
    differ, value = Differ(), {"count": 1}
    differ.step([(1, {"value": value})])
    value["count"] = 2
    assert differ.step([(1, {"value": value})]) == {1: {"patch": [("replace", ["count"], 2)]}}


def test_true_is_not_one_inside_either() -> None:
    snapshot = Snapshot({"list": [1, 0], "more": "x"})
    assert snapshot.patch_to({"list": [True, 0], "more": "x"}) == [("replace", ["list", 0], True)]


def test_keys_that_are_no_text_and_too_many_changes_send_the_whole() -> None:
    assert Snapshot({1: "a"}).patch_to({1: "b"}) is None
    assert Snapshot(list("a" * 1000)).patch_to(list("b" * 1000)) is None
    assert len(Snapshot([""]).patch_to(["x"] * MAX_OPERATIONS) or ()) == MAX_OPERATIONS


def test_a_huge_value_is_not_looked_into_and_becomes_small_again() -> None:
    snapshot = Snapshot(["x" * MAX_SIZE])
    assert snapshot.patch_to(["x" * MAX_SIZE, "y"]) is None
    assert snapshot.patch_to(["small"]) is None
    assert snapshot.patch_to(["small", "again"]) == [("add", [1], "again")]


def test_other_properties_go_along_once() -> None:
    differ = Differ()
    assert differ.step([(1, {"value": "a", "label": "x"})]) == {1: {"value": "a", "label": "x"}}
    assert differ.step([(1, {"value": "ab", "label": "x"})]) == {1: {"append": "b"}}
    assert differ.step([(1, {"visible": False})]) == {1: {"visible": False}}
    assert differ.step([(1, {"visible": False})]) == {}
    joined = join({1: {"visible": False}}, {1: {"append": "c"}})
    assert joined == {1: {"visible": False, "append": "c"}}
    assert join({1: {"value": "x", "label": "l"}}, {1: {"append": "c"}}) == {1: {"value": "xc", "label": "l"}}


def test_a_thousand_tokens_of_a_chat_cost_little() -> None:
    costs = [cost_of_a_thousand_tokens() for _ in range(3)]
    assert max(size for size, _ in costs) < 30_000
    assert min(seconds for _, seconds in costs) < 0.5, "usually 0.02 s"


def cost_of_a_thousand_tokens() -> tuple[int, float]:
    """In bytes that are sent, and in seconds of the processor."""
    history = [{"role": "user", "content": f"message {number}"} for number in range(20)]
    history.append({"role": "assistant", "content": ""})
    differ, sent, pending = Differ(), 0, {}
    begun = time.thread_time()
    for number in range(1000):
        history[-1]["content"] += f"word{number % 10} "
        pending = join(pending, differ.step([(1, {"value": history})]))
        if number % 10 == 0:
            sent += len(json.dumps(pending))
            pending = {}
    sent += len(json.dumps(pending))
    return sent, time.thread_time() - begun
