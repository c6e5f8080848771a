"""A relay for a file's tests, and the pages of an admin who has signed in once for all of them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.ui.browser.dashboard import Stage, open_stage, sign_in


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with open_stage(tmp_path_factory.mktemp("dashboard")) as made:
        yield made


@pytest.fixture(scope="module")
def signed_in(browser: Browser, stage: Stage) -> Iterator[BrowserContext]:
    """A browser in which the admin is signed in."""
    context = browser.new_context()
    page = context.new_page()
    sign_in(page, stage, stage.admin)
    page.close()
    yield context
    context.close()


@pytest.fixture
def page(signed_in: BrowserContext, stage: Stage) -> Iterator[Page]:
    page = signed_in.new_page()
    page.goto(stage.url)
    yield page
    page.close()
