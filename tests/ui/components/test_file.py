"""Files in and out of functions, and a folder of the app's computer that nobody gets out of."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import requests

import doorstep as ds
from doorstep.components.base import Component
from doorstep.components.folder import Folder
from doorstep.errors import FileRefusedError, RefusedError, UsageError
from tests.ui.support import FakeFiles, served


@pytest.fixture
def files(tmp_path: Path) -> FakeFiles:
    folder = tmp_path / "store"
    folder.mkdir()
    (folder / "a.csv").write_text("a,b")
    (folder / "b.txt").write_text("text")
    return FakeFiles(folder)


def wire(name: str) -> dict[str, Any]:
    return {"path": name, "meta": {"_type": "gradio.FileData"}}


class TestFile:
    def test_a_path_passes_that_also_has_a_name(self, files: FakeFiles) -> None:
        given = ds.File().preprocess(wire("a.csv"), files)
        assert given == str(files.folder / "a.csv")
        assert given.name == given

    def test_bytes_pass_on_request(self, files: FakeFiles) -> None:
        assert ds.File(type="binary").preprocess(wire("b.txt"), files) == b"text"

    def test_several_pass_as_a_list(self, files: FakeFiles) -> None:
        given = ds.Files().preprocess([wire("a.csv"), wire("b.txt")], files)
        assert [Path(each).name for each in given] == ["a.csv", "b.txt"]
        assert ds.Files().preprocess(wire("a.csv"), files) == [str(files.folder / "a.csv")]
        with pytest.raises(RefusedError, match="2 files; one is taken"):
            ds.File().preprocess([wire("a.csv"), wire("b.txt")], files)

    @pytest.mark.parametrize("path", ["/etc/passwd", "../a.csv", "c.csv"])
    def test_files_of_others_are_refused(self, files: FakeFiles, path: str) -> None:
        with pytest.raises(FileRefusedError, match="File “in”"):
            ds.File(label="in").preprocess(wire(path), files)

    @pytest.mark.parametrize(
        ("kinds", "is_taken"), [([".csv"], True), (["text"], True), (["image", ".txt"], False)]
    )
    def test_only_its_kinds_are_taken(self, files: FakeFiles, kinds: list[str], is_taken: bool) -> None:
        component = ds.File(file_types=kinds)
        if is_taken:
            component.preprocess(wire("a.csv"), files)
        else:
            with pytest.raises(RefusedError, match="a.csv is not of a kind that is taken"):
                component.preprocess(wire("a.csv"), files)

    def test_paths_open_files_and_addresses_are_shown(self, files: FakeFiles) -> None:
        path = files.folder / "a.csv"
        with path.open() as opened:
            shown = ds.File().postprocess([str(path), path, opened, "https://example.org/x/y.csv?z"], files)
        assert [each.get("orig_name", each["path"]) for each in shown] == ["a.csv", "a.csv", "a.csv", "y.csv"]
        with pytest.raises(TypeError, match="a file is its path"):
            ds.File().postprocess(3, files)

    def test_mistakes_are_told_at_once(self) -> None:
        with pytest.raises(UsageError, match="file_count='many'"):
            ds.File(file_count="many")  # type: ignore[arg-type]  # the mistake
        with pytest.raises(UsageError, match="file_types has 'csv'"):
            ds.File(file_types=["csv"])
        with pytest.raises(UsageError, match="is not a list"):
            ds.UploadButton(file_types=".csv")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A folder with files, hidden ones, and links inside and out."""
    root = tmp_path / "root"
    (root / "deep" / "er").mkdir(parents=True)
    for name in ("a.txt", "b.py", "deep/c.txt", "deep/er/d.txt", ".hidden", "deep/.env"):
        (root / name).write_text(name)
    (tmp_path / "secret.txt").write_text("secret")
    (root / "out.txt").symlink_to(tmp_path / "secret.txt")
    (root / "outside").symlink_to(tmp_path)
    (root / "inside.txt").symlink_to(root / "a.txt")
    return root


def names(folder: Folder, *parts: str) -> list[str]:
    return [each["name"] for each in folder.entries(list(parts)) or []]


class TestFolder:
    def test_folders_come_first_and_what_is_hidden_or_leads_out_not_at_all(self, root: Path) -> None:
        assert names(Folder(root, "**/*", None)) == ["deep", "a.txt", "b.py", "inside.txt"]
        assert names(Folder(root, "**/*", None), "deep") == ["er", "c.txt"]

    @pytest.mark.parametrize(
        ("glob", "there", "below"),
        [
            ("*.txt", ["a.txt", "inside.txt"], []),
            ("**/*.txt", ["deep", "a.txt", "inside.txt"], ["er", "c.txt"]),
            ("deep/*.txt", ["deep"], ["c.txt"]),
            ("**/.*", ["deep", ".hidden"], ["er", ".env"]),
        ],
    )
    def test_a_glob_says_what_is_seen(
        self, root: Path, glob: str, there: list[str], below: list[str]
    ) -> None:
        assert names(Folder(root, glob, None)) == there
        assert names(Folder(root, glob, None), "deep") == below

    def test_what_is_ignored_is_neither_seen_nor_taken(self, root: Path) -> None:
        folder = Folder(root, "**/*", "*.txt")
        assert names(folder) == ["deep", "b.py"]
        assert folder.chosen(["a.txt"]) is None
        assert folder.chosen(["deep", "c.txt"]) is None
        assert Folder(root, "**/*", "deep").chosen(["deep", "er", "d.txt"]) is None

    @pytest.mark.parametrize(
        "parts",
        [
            ["..", "secret.txt"],
            ["deep", "..", "..", "secret.txt"],
            ["outside", "secret.txt"],
            ["out.txt"],
            ["/etc/passwd"],
            ["deep/c.txt"],
            ["deep\\c.txt"],
            ["a.txt\0"],
            [""],
            ["."],
            [],
            [".hidden"],
            ["gone.txt"],
            [7],
            "a.txt",
            None,
            ["deep"] * 100,
        ],
    )
    def test_nothing_leads_out_of_it(self, root: Path, parts: Any) -> None:
        folder = Folder(root, "**/*", None)
        assert folder.chosen(parts) is None
        assert parts == [] or folder.entries(parts) is None

    def test_a_chosen_file_passes_as_its_whole_path(self, root: Path, files: FakeFiles) -> None:
        one = ds.FileExplorer(root_dir=root, file_count="single")
        assert one.preprocess([["deep", "c.txt"]], files) == str(root / "deep" / "c.txt")
        assert ds.FileExplorer(root_dir=root).preprocess([["a.txt"], ["deep"]], files) == [
            str(root / "a.txt"),
            str(root / "deep"),
        ]
        assert one.postprocess(str(root / "deep" / "c.txt"), files) == [["deep", "c.txt"]]
        assert one.postprocess("a.txt", files) == [["a.txt"]]
        with pytest.raises(ValueError, match="is not below"):
            one.postprocess("../secret.txt", files)

    def test_where_it_is_is_not_told_to_visitors(self, root: Path) -> None:
        assert str(root) not in json.dumps(ds.FileExplorer(root_dir=root).props())


class TestCalls:
    """What a page may call of a component beside its value."""

    async def test_only_the_page_of_a_session_is_answered(self, root: Path) -> None:
        with ds.Blocks() as app:
            explorer = ds.FileExplorer(root_dir=root)
            box = ds.Textbox()
        with served(app) as server:
            async with server.page() as page:
                found = call(server.url, explorer, "ls", page.session, ["deep"]).json()["value"]
                assert [each["name"] for each in found] == ["er", "c.txt"]
                assert call(server.url, explorer, "ls", page.session, [".."]).status_code == 400
                assert call(server.url, explorer, "ls", page.session, {"a": 1}).status_code == 400
                assert call(server.url, explorer, "preprocess", page.session, []).status_code == 404
                assert call(server.url, box, "ls", page.session, []).status_code == 404
            assert call(server.url, explorer, "ls", "another", []).status_code == 404


def call(url: str, component: Component, name: str, session: str, *given: Any) -> requests.Response:
    body = {"session": session, "component": component.id, "name": name, "args": list(given)}
    return requests.post(f"{url}/doorstep/call", json=body, timeout=20)
