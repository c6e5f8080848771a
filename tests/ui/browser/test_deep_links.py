"""Deep links: the page as it is, under an address of its own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

import doorstep as ds
from doorstep.deep_links import DeepLinks
from doorstep.files import FileStore
from tests.support import wait_for
from tests.ui.browser.moments import expect_noted, note

Visit = Callable[[ds.Blocks], Page]


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Links are kept where the test is."""
    monkeypatch.chdir(tmp_path)


def greeter() -> ds.Blocks:
    with ds.Blocks() as app:
        name, greeting = ds.Textbox(label="name"), ds.Textbox(label="greeting")
        ds.Button("Greet").click(lambda name: f"Hello {name}!", name, greeting)
        ds.DeepLinkButton()
    return app


def test_the_link_opens_the_page_with_its_values(visit: Visit) -> None:
    page = visit(greeter())
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_label("name").fill("Ada")
    page.get_by_role("button", name="Greet").click()
    expect(page.get_by_label("greeting")).to_have_value("Hello Ada!")
    note(page, "button")
    page.get_by_role("button", name="Share via Link").click()
    expect_noted(page, "Link Copied!")
    copied = "navigator.clipboard.readText()"
    wait_for(lambda: "deep_link=" in page.evaluate(copied), what="the link in the clipboard")
    other = page.context.new_page()
    other.goto(page.evaluate(copied))
    expect(other.get_by_label("name")).to_have_value("Ada")
    expect(other.get_by_label("greeting")).to_have_value("Hello Ada!")
    expect(page.get_by_role("button", name="Share via Link")).to_be_visible()


def test_a_link_that_nobody_knows_says_so_and_the_page_works(visit: Visit) -> None:
    page = visit(greeter())
    page.goto(f"{page.url}?deep_link=AAAAAAAAAAAAAAAA")
    expect(page.get_by_text("another version of the app")).to_be_visible()
    page.get_by_label("name").fill("Bob")
    page.get_by_role("button", name="Greet").click()
    expect(page.get_by_label("greeting")).to_have_value("Hello Bob!")


def test_an_interface_has_the_button_when_asked() -> None:
    app = ds.Interface(lambda name: name, "text", "text", deep_link="Copy a link")
    assert "Copy a link" in [block.value for block in app.walk() if isinstance(block, ds.DeepLinkButton)]


def test_files_behind_a_link_belong_to_who_opens_it(tmp_path: Path) -> None:
    (tmp_path / "cat.png").write_bytes(b"a cat")
    links, store = DeepLinks(["image"], tmp_path / "links"), FileStore()
    meta = {"_type": "gradio.FileData"}
    link = links.keep([{"path": str(tmp_path / "cat.png"), "orig_name": "cat.png", "meta": meta}])
    (value,) = links.load(link, store.of_session("other")) or []
    assert store.of_session("other").path_of(value).read_bytes() == b"a cat"
    store.close()


@pytest.mark.parametrize("hostile", ["../../etc", "..", "", "a/b", "x" * 400, "AAAAAAAAAAAAAAA/"])
def test_a_link_is_never_a_path(tmp_path: Path, hostile: str) -> None:
    assert DeepLinks([], tmp_path).load(hostile, FileStore().of_session("one")) is None


def test_a_link_of_an_app_with_other_components_opens_nothing(tmp_path: Path) -> None:
    link = DeepLinks(["textbox"], tmp_path).keep(["Ada"])
    assert DeepLinks(["number"], tmp_path).load(link, FileStore().of_session("one")) is None


def test_the_oldest_links_make_room(tmp_path: Path) -> None:
    links = DeepLinks([], tmp_path, most=3)
    for _ in range(5):
        links.keep([])
    assert len(list(tmp_path.iterdir())) == 3
