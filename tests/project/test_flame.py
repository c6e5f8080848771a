"""The flame graph, from stacks as the profiler writes them."""

from __future__ import annotations

from xml.etree import ElementTree

from bench.flame import LOOP, draw, kind, tree

ROOT = f"<module> (doorstep-relay:1);{LOOP}"
WRITE = "write (doorstep_relay/edge/connection.py:70)"
STACKS = [
    f"{ROOT};data_received (doorstep_relay/edge/visitor.py:66);{WRITE};send (libc.so.6) 60",
    f"{ROOT};data_received (doorstep_relay/edge/visitor.py:70) 39",
    f"{ROOT};rare (loop.c) 0",
    "run (threading.py:982);wait (libc.so.6) 500",
]


def test_lines_of_a_function_are_one_frame_and_waiting_threads_none() -> None:
    root = tree(STACKS)

    assert root.count == 99
    received = root.callees["data_received (edge/visitor.py)"]
    assert received.count == 99
    assert received.callees["write (edge/connection.py)"].count == 60


def test_a_frame_tells_its_share_and_whose_it_is() -> None:
    picture = draw(tree(STACKS), "A title & more")

    shares = [title.text for title in ElementTree.fromstring(picture).iter() if title.tag.endswith("title")]  # noqa: S314  # our own
    assert shares[0] == "A title & more"
    assert "send (libc.so.6): 60.6 %" in shares
    assert not any(share and share.startswith("rare") for share in shares)
    names = ["send (libc.so.6)", "write (edge/connection.py)", "invoke (click/core.py)"]
    assert [kind(name) for name in names] == ["native", "ours", "python"]
