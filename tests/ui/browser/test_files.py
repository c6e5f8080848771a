"""File, UploadButton, DownloadButton and FileExplorer: given, ordered, taken away, downloaded, chosen."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, expect

import doorstep as ds

Visit = Callable[[ds.Blocks], Page]


def text_file(name: str, text: str = "hello") -> dict[str, Any]:
    return {"name": name, "mimeType": "text/plain", "buffer": text.encode()}


def names(paths: Any) -> str:
    return repr([Path(each).name for each in paths or []])


def test_several_files_are_given_put_in_order_and_taken_away(visit: Visit) -> None:
    with ds.Blocks() as app:
        files = ds.File(label="papers", file_count="multiple", file_types=["text"], allow_reordering=True)
        seen, told = ds.Textbox(label="seen"), ds.Textbox(label="told")
        files.change(names, files, seen)
        uploads = iter(("upload", "another"))
        files.upload(lambda: next(uploads), None, told)

        @files.delete(inputs=None, outputs=told)
        def deleted(data: ds.DeletedFileData) -> str:
            return f"delete {Path(data.file.path).read_text()}"

        files.clear(lambda: "clear", None, told)
    page = visit(app)
    group = page.get_by_role("group", name="papers")

    group.locator("input[type=file]").set_input_files([text_file("a.txt"), text_file("b.txt", "x" * 2048)])
    expect(page.get_by_label("seen")).to_have_value("['a.txt', 'b.txt']")
    expect(page.get_by_label("told")).to_have_value("upload")
    expect(group.get_by_text("2.0 KB")).to_be_visible()

    group.get_by_role("button", name="Move b.txt: arrow keys").press("ArrowUp")
    expect(page.get_by_label("seen")).to_have_value("['b.txt', 'a.txt']")
    expect(group.get_by_role("button", name="Move b.txt: arrow keys")).to_be_focused()

    group.locator("input[type=file]").set_input_files([text_file("c.txt")])
    expect(page.get_by_label("seen")).to_have_value("['b.txt', 'a.txt', 'c.txt']")
    expect(page.get_by_label("told")).to_have_value("another")
    group.get_by_role("button", name="Remove a.txt").click()
    expect(page.get_by_label("told")).to_have_value("delete hello")
    expect(page.get_by_label("seen")).to_have_value("['b.txt', 'c.txt']")

    group.get_by_role("button", name="Clear", exact=True).click()
    expect(page.get_by_label("told")).to_have_value("clear")
    expect(page.get_by_label("seen")).to_have_value("[]")
    expect(group.locator("input[type=file]")).to_be_focused()


def test_files_are_put_in_order_by_dragging(visit: Visit) -> None:
    with ds.Blocks() as app:
        files = ds.Files(label="papers", allow_reordering=True)
        seen = ds.Textbox(label="seen")
        files.change(names, files, seen)
    page = visit(app)
    page.locator("input[type=file]").set_input_files([text_file("a.txt"), text_file("b.txt")])
    expect(page.get_by_label("seen")).to_have_value("['a.txt', 'b.txt']")
    first, second = (
        page.get_by_role("button", name=f"Move {each}.txt: arrow keys").bounding_box() for each in "ab"
    )
    assert first is not None
    assert second is not None

    page.mouse.move(first["x"] + 8, first["y"] + 8)
    page.mouse.down()
    page.mouse.move(second["x"] + 8, second["y"] + 12, steps=4)
    page.mouse.up()

    expect(page.get_by_label("seen")).to_have_value("['b.txt', 'a.txt']")


def test_a_file_of_another_kind_is_refused_where_it_was_chosen(visit: Visit) -> None:
    page = visit(ds.Interface(lambda _: "", ds.File(file_types=["image", ".csv"]), "text"))

    page.locator("input[type=file]").set_input_files(text_file("notes.txt"))

    expect(page.get_by_role("alert")).to_contain_text("notes.txt is not of a kind")


def test_what_a_function_returns_is_downloaded(visit: Visit, tmp_path: Path) -> None:
    (tmp_path / "data.csv").write_text("a,b\n")
    with ds.Blocks() as app:
        out, told = ds.File(label="out", interactive=False), ds.Textbox(label="told")
        one = ds.DownloadButton("Take it", value=str(tmp_path / "data.csv"))
        ds.Button("Make").click(lambda: [str(tmp_path / "data.csv")], None, out)
        one.click(lambda: "clicked", None, told)
        out.select(lambda: "selected", None, told)

        @out.download(inputs=None, outputs=told)
        def downloaded(data: ds.DownloadData) -> str:
            return f"download {data.file.orig_name}"

    page = visit(app)

    expect(page.get_by_text("No file yet")).to_be_visible()
    page.get_by_role("button", name="Make").click()
    page.get_by_role("button", name="data.csv").click()
    expect(page.get_by_label("told")).to_have_value("selected")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download data.csv").click()
    assert Path(download.value.path()).read_text() == "a,b\n"
    expect(page.get_by_label("told")).to_have_value("download data.csv")
    with page.expect_download() as again:
        page.get_by_role("link", name="Take it").click()
    assert again.value.suggested_filename == "data.csv"
    expect(page.get_by_label("told")).to_have_value("clicked")


def test_an_upload_button_opens_the_chooser_and_uploads(visit: Visit) -> None:
    with ds.Blocks() as app:
        button = ds.UploadButton("Give a file", file_types=[".txt"], type="binary")
        seen, told = ds.Textbox(label="seen"), ds.Textbox(label="told")
        button.upload(lambda data: data.decode(), button, seen)
        button.click(lambda: "clicked", None, told)
    page = visit(app)

    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Give a file").click()
    chooser.value.set_files(text_file("a.txt", "the text"))

    expect(page.get_by_label("seen")).to_have_value("the text")
    expect(page.get_by_label("told")).to_have_value("clicked")


def test_files_of_a_folder_are_chosen_as_its_folders_are_opened(visit: Visit, tmp_path: Path) -> None:
    (tmp_path / "deep" / "er").mkdir(parents=True)
    (tmp_path / "deep" / "er" / "x.txt").write_text("x")
    (tmp_path / "deep" / "y.md").write_text("y")
    (tmp_path / "z.txt").write_text("z")
    with ds.Blocks() as app:
        explorer = ds.FileExplorer(glob="**/*.txt", root_dir=tmp_path, label="files")
        seen, told = ds.Textbox(label="seen"), ds.Textbox(label="told")
        explorer.change(
            lambda paths: repr([str(Path(p).relative_to(tmp_path)) for p in paths]), explorer, seen
        )

        @explorer.select(inputs=None, outputs=told)
        def selected(data: ds.SelectData) -> str:
            return f"{data.value} {data.selected}"

    page = visit(app)

    expect(page.get_by_role("checkbox")).to_have_count(1)
    page.get_by_role("button", name="Folder deep").press("Enter")
    page.get_by_role("button", name="Folder er").click()
    page.get_by_role("checkbox", name="x.txt").check()
    page.get_by_role("checkbox", name="z.txt").check()

    expect(page.get_by_label("seen")).to_have_value("['deep/er/x.txt', 'z.txt']")
    expect(page.get_by_text("y.md")).to_have_count(0)
    page.get_by_role("checkbox", name="x.txt").uncheck()
    expect(page.get_by_label("told")).to_have_value("deep/er/x.txt False")
