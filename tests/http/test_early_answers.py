"""Who is refused in the middle of an upload gets the status and the words, whatever program it is.

Apps, servers and the relay itself answer before they have read the request. None of the ends of these
connections may overtake the answer.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

import doorstep as ds
from tests.http.senders import SENDERS, Told
from tests.http.stage import Stage
from tests.support.browser import chromium
from tests.ui.support import served

MEGABYTE = 1024 * 1024
SIZE = 24 * MEGABYTE


@pytest.fixture(scope="module")
def upload(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("upload") / "big"
    with path.open("wb") as file:
        file.truncate(SIZE)
    return path


@pytest.fixture(params=SENDERS)
def send(request: pytest.FixtureRequest) -> str:
    sender: str = request.param
    return sender


@pytest.fixture(scope="module")
def straight() -> Iterator[str]:
    """A UI without a link, which takes files of a megabyte."""
    with served(ds.Interface(lambda each: each, "text", "text"), max_file_size="1mb") as server:
        yield server.url


def test_an_app_that_refuses_at_once_is_heard(stage: Stage, name: str, upload: Path, send: str) -> None:
    told = [SENDERS[send](stage.urls[name] + "/too-large", upload) for _ in range(3)]
    assert told == [(413, "too large")] * 3


def test_an_app_that_refuses_in_the_middle_is_heard(stage: Stage, name: str, upload: Path, send: str) -> None:
    assert SENDERS[send](stage.urls[name] + "/refuse-in-the-middle", upload) == (413, "too large")


def test_the_relay_that_knows_no_such_link_is_heard(stage: Stage, upload: Path, send: str) -> None:
    status, words = SENDERS[send](f"http://nobody.localhost:{stage.relay.port}/", upload)
    assert (status, json.loads(words)["code"]) == (404, "no-such-share")


def test_the_relays_own_api_is_heard(stage: Stage, upload: Path, send: str) -> None:
    status, words = SENDERS[send](f"http://localhost:{stage.relay.port}/api/v1/tokens", upload)
    assert status in {401, 413}
    assert json.loads(words)["status"] == status


def test_a_ui_without_a_link_is_heard(straight: str, upload: Path, send: str) -> None:
    status, words = SENDERS[send](f"{straight}/gradio_api/nothing", upload)
    assert (status, "detail" in json.loads(words)) == (404, True)


def test_chromium_hears_why_its_file_is_refused(stage: Stage, straight: str) -> None:
    with chromium() as browser:
        page = browser.new_page()
        assert _fetched(page, stage.urls["app"] + "/", "/too-large") == (413, "too large")
        assert _fetched(page, stage.urls["port"] + "/", "/refuse-in-the-middle") == (413, "too large")
        status, words = _fetched(page, straight + "/", "/gradio_api/upload")
        assert (status, json.loads(words)["detail"]) == (
            413,
            "big is too big: at most 1,048,576 bytes are allowed",
        )


def _fetched(page: Page, here: str, path: str) -> Told:
    page.goto(here)
    expect(page.locator("body")).to_be_attached()
    status, words = page.evaluate(
        """async ([path, size]) => {
            const body = new FormData();
            body.append("files", new File([new Uint8Array(size)], "big"));
            const answer = await fetch(path, { method: "POST", body });
            return [answer.status, await answer.text()];
        }""",
        [path, SIZE],
    )
    return status, words
