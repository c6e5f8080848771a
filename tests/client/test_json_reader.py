"""`doorstep share --json`: the link ends with the program that reads of it, also while nothing happens."""

from __future__ import annotations

import os
import select
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import TextIO

import pytest

from doorstep_client.terminal.inbox import Inbox
from doorstep_client.terminal.json_lines import JsonLines


@pytest.fixture
def pipe() -> Iterator[tuple[int, TextIO]]:
    """A pipe's two ends."""
    read, write = os.pipe()
    with os.fdopen(write, "w") as out:
        yield read, out


def watched(out: TextIO, monkeypatch: pytest.MonkeyPatch) -> JsonLines:
    monkeypatch.setattr("sys.stdout", out)
    return JsonLines()


def is_news(view: JsonLines) -> bool:
    keys = view.keys()
    return keys is not None and bool(select.select([keys], [], [], 0)[0])


def test_a_reader_that_goes_ends_the_link_at_once(
    pipe: tuple[int, TextIO], monkeypatch: pytest.MonkeyPatch
) -> None:
    read, out = pipe
    view, inbox = watched(out, monkeypatch), Inbox(lambda: None, terminal=False, ends=False)
    monkeypatch.setattr(view, "_inbox", inbox)
    with inbox:
        assert not is_news(view)
        os.close(read)
        assert is_news(view)
        view.pressed()
        assert inbox.asked
    assert view.keys() is None
    view.closing()
    view.restore()


def test_what_is_no_pipe_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with (tmp_path / "lines").open("w") as file:
        assert watched(file, monkeypatch).keys() is None
    assert watched(StringIO(), monkeypatch).keys() is None


def test_a_pipe_that_is_read_from_here_too_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.mkfifo(tmp_path / "both")
    both = os.open(tmp_path / "both", os.O_RDWR)
    with os.fdopen(both, "w") as out:
        assert watched(out, monkeypatch).keys() is None
