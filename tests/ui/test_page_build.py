"""The build hook: what it builds anew, what it takes from the cache, and what it says when it cannot."""

from __future__ import annotations

import json
import shutil
import sys
import threading
from pathlib import Path

import pytest

import hatch_build
from hatch_build import NODE, PageBuildError, ensure_page, is_at_hand, page_key

ROOT = Path(__file__).resolve().parents[2]
FRONTEND = ROOT / "ui_runtime" / "frontend"


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A source tree of its own, and an empty cache."""
    monkeypatch.setenv("DOORSTEP_BUILD_CACHE", str(tmp_path / "cache"))
    frontend = tmp_path / "tree" / "ui_runtime" / "frontend"
    (frontend / "src").mkdir(parents=True)
    (frontend / "src" / "main.ts").write_text("export {};")
    shutil.copy(FRONTEND / "package-lock.json", frontend)
    return tmp_path / "tree"


def put_into_cache(tree: Path) -> str:
    key = page_key(tree)
    page = hatch_build.cache_directory(tree) / key
    (page / "assets").mkdir(parents=True)
    (page / "assets" / "main.js").write_text("1")
    (page / ".key").write_text(key)
    return key


def test_the_key_follows_the_sources_and_nothing_else(tree: Path) -> None:
    key = page_key(tree)

    (tree / "ui_runtime" / "frontend" / "node_modules").mkdir()
    (tree / "ui_runtime" / "frontend" / "node_modules" / "x.js").write_text("x")
    assert page_key(tree) == key

    (tree / "ui_runtime" / "frontend" / "src" / "main.ts").write_text("export const x = 1;")
    assert page_key(tree) != key


def test_a_page_in_the_cache_needs_no_npm_and_no_node(tree: Path) -> None:
    assert not is_at_hand(tree)
    key = put_into_cache(tree)
    assert is_at_hand(tree)

    ensure_page(tree, log=lambda text: pytest.fail(f"it built: {text}"))

    static = tree / "ui_runtime" / "doorstep" / "static"
    assert (static / ".key").read_text() == key
    assert (static / "assets" / "main.js").read_text() == "1"


def test_a_tree_that_carries_its_page_needs_no_cache_either(tree: Path) -> None:
    put_into_cache(tree)
    ensure_page(tree, log=print)
    shutil.rmtree(hatch_build.cache_directory(tree))

    ensure_page(tree, log=lambda text: pytest.fail(f"it built: {text}"))


def test_an_older_page_in_the_tree_is_replaced_whole(tree: Path) -> None:
    static = tree / "ui_runtime" / "doorstep" / "static"
    static.mkdir(parents=True)
    (static / "old.js").write_text("old")
    put_into_cache(tree)

    ensure_page(tree, log=print)

    assert sorted(path.name for path in static.iterdir()) == [".key", "assets"]


def test_installs_at_the_same_time_wait_for_each_other(tree: Path) -> None:
    put_into_cache(tree)
    failures: list[Exception] = []

    def install() -> None:
        try:
            ensure_page(tree, log=print)
        except OSError as error:
            failures.append(error)

    threads = [threading.Thread(target=install) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)

    assert failures == []
    assert (tree / "ui_runtime" / "doorstep" / "static" / "assets" / "main.js").exists()


def test_a_failed_step_says_what_failed_and_what_to_do(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "raise SystemExit('no such registry')"]

    with pytest.raises(PageBuildError, match=r"(?s)no such registry.*DOORSTEP_BUILD_CACHE"):
        hatch_build._run(command, tmp_path, sys.executable)


def test_a_tree_without_page_sources_is_told_so(tmp_path: Path) -> None:
    with pytest.raises(PageBuildError, match="incomplete"):
        page_key(tmp_path)


def test_the_lock_file_names_no_registry() -> None:
    lock = json.loads((FRONTEND / "package-lock.json").read_text())

    assert [name for name, package in lock["packages"].items() if "resolved" in package] == []
    assert all("integrity" in package for name, package in lock["packages"].items() if name)


def test_developers_get_the_node_that_the_hook_asks_for() -> None:
    assert NODE in (ROOT / "pyproject.toml").read_text()
