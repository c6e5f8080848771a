"""The store of files: who may see which, and which of this machine's files may be shown."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import doorstep as ds
from doorstep.errors import FileRefusedError, OutputError, UsageError
from doorstep.files import FileStore, Paths, checked_cache, parse_size, safe_name
from tests.support import eventually
from tests.ui.support import served


@pytest.fixture
def store() -> Iterator[FileStore]:
    store = FileStore()
    yield store
    store.close()


def test_a_session_finds_its_own_files_and_the_apps(store: FileStore) -> None:
    mine, app = store.of_session("me"), store.of_session(None)
    assert mine.path_of(mine.add_bytes(b"mine", "a.txt")).read_bytes() == b"mine"
    assert mine.path_of(app.add_bytes(b"app", "a.txt")).read_bytes() == b"app"


def test_a_file_value_says_where_to_fetch_it(store: FileStore) -> None:
    value = store.of_session("me").add_bytes(b"12345", "my cat.png")
    assert value["url"] == f"doorstep/file/{value['path']}/my%20cat.png"
    assert (value["orig_name"], value["size"], value["mime_type"]) == ("my cat.png", 5, "image/png")
    assert len(value["path"]) >= 22, "at least 128 random bits"


def test_a_session_that_ends_takes_its_files_along(store: FileStore) -> None:
    mine = store.of_session("me")
    value = mine.add_bytes(b"mine", "a.txt")
    folder = mine.path_of(value).parent
    assert store.forget("me") == [folder]
    assert store.get(value["path"]) is None


def test_a_closed_store_leaves_nothing_on_disk() -> None:
    store = FileStore()
    mine = store.of_session("me")
    path = mine.path_of(mine.add_bytes(b"mine", "a.txt"))
    root = path.parent.parent
    assert root.stat().st_mode & 0o777 == 0o700
    store.close()
    assert not root.exists()


def test_a_session_holds_only_so_many_files(store: FileStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("doorstep.files.MAX_FILES", 2)
    for name in ("a", "b"):
        store.keep(*upload(store, name))
    with pytest.raises(FileRefusedError, match="holds 2 files already"):
        store.reserve("me", "c")
    with pytest.raises(FileRefusedError, match="holds 2 files already"):
        store.of_session("me").add_bytes(b"", "d")


def test_what_was_shown_first_makes_room_for_what_is_shown_now(
    store: FileStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("doorstep.files.MAX_FILES", 3)
    mine = store.of_session("me")
    uploaded = store.keep(*upload(store, "mine"))
    shown = [mine.add_bytes(bytes([number]), "step.png") for number in range(4)]
    assert [store.get(each["path"]) is not None for each in shown] == [False, False, True, True]
    assert store.get(uploaded.id) is uploaded


def upload(store: FileStore, name: str) -> tuple[str, str, Path]:
    """What `keep` takes of a visitor's file."""
    file_id, path = store.reserve("me", name)
    path.touch()
    return file_id, "me", path


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("cat.png", "cat.png"),
        ("../../etc/passwd", "passwd"),
        ("C:\\windows\\win.ini", "win.ini"),
        ("", "file"),
        (".bashrc", "bashrc"),
        ("..", "file"),
        ("a\0b\n.txt", "a_b_.txt"),
        ("naïve café.jpg", "naïve café.jpg"),
        ("x" * 300 + ".png", "x" * 80 + ".png"),
        ("a<script>.html", "a_script_.html"),
    ],
)
def test_names_are_made_harmless(given: str, kept: str) -> None:
    assert safe_name(given) == kept


@pytest.mark.parametrize(
    ("size", "count"), [(5, 5), ("5b", 5), ("2kb", 2048), ("3 MB", 3 << 20), ("1gb", 1 << 30)]
)
def test_sizes_may_be_words(size: int | str, count: int) -> None:
    assert parse_size(size) == count


def test_a_size_that_is_none_is_an_error() -> None:
    with pytest.raises(ValueError, match="such as '5mb'"):
        parse_size("big")


class TestPaths:
    """`here` is the working folder; the temporary folder is elsewhere."""

    @pytest.fixture
    def here(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        here = tmp_path / "here"
        for folder in (here, tmp_path / "elsewhere", tmp_path / "temporary"):
            folder.mkdir()
            (folder / "a.txt").write_text("a")
            (folder / ".hidden").write_text("hidden")
        monkeypatch.chdir(here)
        monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
        return here

    def test_the_working_and_the_temporary_folder_may_be_shown(self, here: Path, tmp_path: Path) -> None:
        assert Paths().check(Path("a.txt")) == here / "a.txt"
        assert Paths().check(tmp_path / "temporary" / "a.txt").is_file()

    def test_others_may_not_unless_they_are_allowed(self, here: Path, tmp_path: Path) -> None:
        outside = tmp_path / "elsewhere" / "a.txt"
        with pytest.raises(OutputError, match="allowed_paths"):
            Paths().check(outside)
        assert Paths(allowed=[tmp_path / "elsewhere"]).check(outside) == outside

    def test_hidden_files_may_not(self, here: Path) -> None:
        with pytest.raises(OutputError, match="may not be shown"):
            Paths().check(here / ".hidden")

    def test_a_link_is_what_it_points_to(self, here: Path, tmp_path: Path) -> None:
        (here / "link.txt").symlink_to(tmp_path / "elsewhere" / "a.txt")
        with pytest.raises(OutputError, match="may not be shown"):
            Paths().check(here / "link.txt")

    def test_blocked_beats_allowed_under_any_spelling(self, here: Path, tmp_path: Path) -> None:
        (tmp_path / "alias").symlink_to(here)
        paths = Paths(allowed=[here], blocked=[tmp_path / "alias"])
        with pytest.raises(OutputError, match="may not be shown"):
            paths.check(here / ".." / "here" / "a.txt")

    def test_what_is_no_file_is_named(self, here: Path) -> None:
        for wrong in (here, here / "missing.txt"):
            with pytest.raises(OutputError, match="there is no file"):
                Paths().check(wrong)


class TestCache:
    """What is shown again is not kept twice, and goes when it is old."""

    def test_the_same_content_is_one_file_for_one_session(self, store: FileStore) -> None:
        mine, theirs = store.of_session("mine"), store.of_session("theirs")
        first = mine.add_bytes(b"abc", "a.txt")
        assert mine.add_bytes(b"abc", "a.txt") == first
        assert mine.add_bytes(b"abd", "a.txt")["path"] != first["path"]
        assert mine.add_bytes(b"abc", "b.txt")["path"] != first["path"]
        assert theirs.add_bytes(b"abc", "a.txt")["path"] != first["path"]

    def test_a_path_is_copied_again_when_the_file_changed(self, store: FileStore, tmp_path: Path) -> None:
        path = tmp_path / "a.txt"
        path.write_text("one")
        first = store.of_session("mine").add(path)
        assert store.of_session("mine").add(path) == first
        path.write_text("three")
        assert store.of_session("mine").add(path)["path"] != first["path"]

    def test_old_files_go_and_are_kept_anew_when_they_are_shown_again(self, store: FileStore) -> None:
        file = store.of_session("mine").add_bytes(b"abc", "a.txt")
        store.of_session(None).add_bytes(b"the app's own", "b.txt")
        assert store.expire(60) == 0
        assert store.expire(-1) == 1
        assert store.get(file["path"]) is None
        assert store.of_session("mine").add_bytes(b"abc", "a.txt")["path"] != file["path"]

    @pytest.mark.parametrize("wrong", [5, (1,), (0, 5), ("1", 2), (1, 2, 3)])
    def test_delete_cache_is_two_numbers_of_seconds(self, wrong: Any) -> None:
        assert checked_cache((60, 3600)) == (60.0, 3600.0)
        with pytest.raises(UsageError, match="how often, how old"):
            checked_cache(wrong)

    async def test_delete_cache_deletes(self) -> None:
        with served(ds.Interface(lambda: "", None, "text", delete_cache=(0.05, 0.05))) as server:
            async with server.page() as page:
                file = server.app.files.of_session(page.session).add_bytes(b"abc", "a.txt")
                await eventually(lambda: server.app.files.get(file["path"]) is None)
