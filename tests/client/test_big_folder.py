"""A folder with more names than anybody reads: its list comes in pages, sorted once for all of them."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from doorstep_client.targets import folder as folders
from tests.client.test_folder import get

NAMES = 25


@pytest.fixture
def big(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Ten names make a page."""
    monkeypatch.setattr(folders, "ON_A_PAGE", 10)
    for number in range(NAMES):
        (tmp_path / f"{number:02}.txt").touch()
    (tmp_path / "zoo").mkdir()
    return tmp_path


def settled(folder: Path, ago: float = 3600) -> None:
    """Its last change was long ago."""
    os.utime(folder, (time.time() - ago,) * 2)


async def test_a_list_of_many_names_comes_in_pages(big: Path) -> None:
    first, last = (await get(big, "/")).text, (await get(big, "/?page=3")).text

    assert first.index("./zoo/") < first.index("./00.txt") < first.index("./08.txt")
    assert "./09.txt" not in first
    assert "./24.txt" in last
    assert 'href="?page=2" rel=next' in first
    assert 'href="?page=2" rel=prev' in last
    assert "Page 3 of 3 · 26 names" in last


@pytest.mark.parametrize(
    ("asked", "shown"), [("0", 1), ("-1", 1), ("x", 1), ("", 1), ("99", 3), ("9" * 99, 1)]
)
async def test_a_page_that_is_none_is_the_next_best_one(big: Path, asked: str, shown: int) -> None:
    assert f"Page {shown} of 3" in (await get(big, f"/?page={asked}")).text


async def test_more_names_than_are_read_are_told(big: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folders, "MOST_NAMES", 20)
    page = (await get(big, "/")).text

    assert "Page 1 of 2 · 20 names" in page
    assert "Only 20 of its names are listed; there are more." in page
    assert (await get(big, "/24.txt")).status == 200


async def test_a_folder_that_has_not_changed_is_not_read_again(
    big: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[Path] = []
    scandir = os.scandir
    monkeypatch.setattr(os, "scandir", lambda path: (read.append(path), scandir(path))[1])
    settled(big)
    for page in (1, 2, 3):
        await get(big, f"/?page={page}")
    assert read == [big]
    (big / "new.txt").touch()
    assert "27 names" in (await get(big, "/")).text
    assert read == [big, big]
