"""Texts that an author may leave to the page, which says them in the visitor's language."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

import doorstep as ds
from doorstep.server import App
from doorstep.words import WORDS

PAGE = Path(__file__).parents[3] / "ui_runtime/frontend/src/lib"
LANGUAGES = sorted((PAGE / "languages").glob("*.ts"))


def names_in(path: Path) -> set[str]:
    return set(re.findall(r"^  (\w+): ", path.read_text(encoding="utf-8"), re.MULTILINE))


def words_in(app: ds.Blocks) -> list[dict[str, str]]:
    return [each["words"] for each in App(app).page.config["components"] if "words" in each]


def test_what_an_interface_puts_on_its_page_by_itself_is_left_to_the_page() -> None:
    app = ds.Interface(lambda a, b: a + b, "text", "text", additional_inputs="text", examples=[["a", "b"]])

    assert {word for each in words_in(app) for word in each.values()} == {
        "additionalInputs",
        "clear",
        "examples",
        "flag",
        "submit",
    }


def test_what_the_author_wrote_stays() -> None:
    app = ds.Interface(
        str.upper, "text", "text", submit_btn="Go", clear_btn=ds.Button("Clear"), flagging_mode="never"
    )

    assert words_in(app) == []


def test_a_chat_asks_for_a_message_in_the_visitors_language() -> None:
    assert {"label": "message", "placeholder": "typeMessage"} in words_in(ds.ChatInterface(lambda *_: ""))


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (ds.Button, {"value": "run"}),
        (ds.ClearButton, {"value": "clear"}),
        (ds.UploadButton, {"label": "uploadFile"}),
        (ds.DownloadButton, {"label": "download"}),
        (ds.DeepLinkButton, {"value": "shareLink"}),
    ],
)
def test_a_button_that_was_given_no_text_says_it_in_the_visitors_language(
    make: Any, words: dict[str, str]
) -> None:
    with ds.Blocks() as app:
        ds.Textbox()
        make()
        make("Mine") if make is not ds.ClearButton else make(value="Mine")

    assert words_in(app) == [words]


def test_a_class_of_the_authors_own_may_have_another_default() -> None:
    class Go(ds.Button):
        def __init__(self) -> None:
            super().__init__("Go")

    with ds.Blocks() as app:
        Go()

    assert words_in(app) == []


@pytest.mark.parametrize("language", LANGUAGES, ids=lambda path: path.stem)
def test_a_language_has_every_text_of_the_page(language: Path) -> None:
    texts = {name for file in ("texts", "moreTexts", "chat-texts") for name in names_in(PAGE / f"{file}.ts")}
    units = {"eta", "lasted", "seconds"}

    assert (texts | set(WORDS.values())) - units - names_in(language) == set()
    assert names_in(language) - texts - set(WORDS.values()) == set()


def test_there_are_nineteen_languages_with_english() -> None:
    assert len(LANGUAGES) == 18
