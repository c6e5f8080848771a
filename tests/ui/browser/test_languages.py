"""In which language a page speaks, and from which side: the visitor's."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

import doorstep as ds

Serve = Callable[[ds.Blocks], str]
Speak = Callable[[str], Page]


@pytest.fixture
def speaking(browser: Browser) -> Iterator[Speak]:
    """A page of a browser that is set to a language."""
    pages: list[Page] = []

    def open_page(language: str) -> Page:
        pages.append(browser.new_context(locale=language).new_page())
        return pages[-1]

    yield open_page
    for page in pages:
        page.context.close()


@pytest.mark.parametrize(
    ("language", "spoken", "said"),
    [
        ("de-AT", "de", "Passwort anzeigen"),
        ("pt-BR", "pt", "Mostrar senha"),
        ("zh-HK", "zh-TW", "顯示密碼"),
        ("zh-CN", "zh-CN", "显示密码"),
        ("hi-IN", "hi", "पासवर्ड दिखाएँ"),
        ("en-GB", "en", "Show password"),
        ("sv-SE", "en", "Show password"),
    ],
)
def test_the_page_speaks_the_browsers_language(
    speaking: Speak, serve: Serve, language: str, spoken: str, said: str
) -> None:
    page = speaking(language)
    page.goto(serve(ds.Interface(str.upper, ds.Textbox(type="password", label="secret"), "text")))

    expect(page.get_by_role("button", name=said)).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", spoken)


def test_a_page_of_a_right_to_left_language_is_mirrored(
    speaking: Speak, serve: Serve, violations: Callable[[Page], list[dict[str, Any]]]
) -> None:
    page = speaking("ar-EG")
    page.emulate_media(reduced_motion="reduce")
    page.set_viewport_size({"width": 1280, "height": 800})
    page.goto(
        serve(ds.Interface(str.upper, ds.Textbox(label="اسم", type="password"), "text", description="*نص*"))
    )

    expect(page.locator("html")).to_have_attribute("dir", "rtl")
    expect(page.get_by_role("button", name="إظهار كلمة المرور")).to_be_visible()
    page.wait_for_function(
        """() => { const [input, output] = [...document.querySelectorAll(".column-panel")];
                  return input.getBoundingClientRect().left > output.getBoundingClientRect().right - 1; }"""
    )
    assert violations(page) == []
    page.set_viewport_size({"width": 390, "height": 800})
    page.wait_for_function("() => document.documentElement.scrollWidth <= 390")


def test_the_apps_own_texts_are_in_the_visitors_language_wherever_they_stand(
    speaking: Speak, serve: Serve
) -> None:
    texts = ds.I18n(en={"hi": "Hello", "who": "Who?"}, de={"hi": "Hallo"}, fr={"hi": "Bonjour"})
    with ds.Blocks(title=texts("hi"), i18n=texts) as app:
        ds.Markdown(f"# {texts('hi')} you")
        box = ds.Textbox(label=texts("who"), placeholder=texts("hi"))
        ds.Radio([(texts("hi"), "value")], label="pick", value="value")
        ds.Button("Go").click(lambda: ds.update(label=texts("hi"), value=texts("missing")), None, box)
    page = speaking("de-DE")
    page.goto(serve(app))

    expect(page).to_have_title("Hallo")
    expect(page.get_by_role("heading", name="Hallo you")).to_be_visible()
    expect(page.get_by_label("Who?")).to_have_attribute("placeholder", "Hallo")
    expect(page.get_by_role("radio", name="Hallo")).to_be_checked()
    page.get_by_role("button", name="Go").click()
    expect(page.get_by_label("Hallo", exact=True).first).to_have_value("missing")


def test_words_that_the_author_left_to_the_page_are_in_the_visitors_language(
    speaking: Speak, serve: Serve
) -> None:
    with ds.Blocks() as app:
        run = ds.Button()
        own = ds.Button("Submit now")
        said = ds.Textbox(label="said")
        run.click(lambda text: text, run, said)
        own.click(lambda: "Again", None, run)
        ds.UploadButton()
        table = ds.Dataframe([["a"]], label="table", interactive=True)
        table.change(lambda: "changed", None, said)
    page = speaking("de-DE")
    page.goto(serve(app))

    page.get_by_role("button", name="Ausführen").click()
    expect(page.get_by_label("said")).to_have_value("Run")
    expect(page.get_by_role("button", name="Datei hochladen")).to_be_visible()
    expect(page.get_by_role("button", name="Zeile hinzufügen")).to_be_visible()
    page.get_by_role("button", name="Submit now").click()
    expect(page.get_by_role("button", name="Again")).to_be_visible()


def test_an_interface_speaks_the_visitors_language(speaking: Speak, serve: Serve) -> None:
    page = speaking("fr-FR")
    page.goto(serve(ds.Interface(str.upper, "text", "text", examples=["a"], flagging_mode="manual")))

    for name in ("Envoyer", "Effacer", "Signaler"):
        expect(page.get_by_role("button", name=name)).to_be_visible()
    expect(page.get_by_text("Exemples")).to_be_visible()
