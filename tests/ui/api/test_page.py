"""The page "Use via API": its code runs as it is, and anybody can read it."""

from __future__ import annotations

import html
import re
import sys
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser

from tests.support import visit
from tests.ui.api.conftest import MODULES, NODE

RUN = {
    "python": (sys.executable, "-c"),
    "javascript": (NODE, "--input-type=module", "-e"),
    "curl": ("bash", "-c"),
}
ANSWERS = {
    "greet": "Hello World!",
    "talk": "So it goes World",
    "add": "5",
    "picture": "picture",
    "count": "1",
}


def snippets(url: str, name: str) -> dict[str, str]:
    page = visit(f"{url}/?view=api").text
    section = re.search(rf'<section id="{name}">(.*?)</section>', page, re.DOTALL)
    assert section is not None
    found = re.findall(r'<div class="(\w+)">.*?<code>(.*?)</code></pre>', section[1], re.DOTALL)
    return {language: html.unescape(code) for language, code in found}


@pytest.mark.parametrize("language", RUN)
@pytest.mark.parametrize("name", ANSWERS)
def test_the_code_that_it_shows_works(
    local_url: str, run: Callable[..., str], language: str, name: str
) -> None:
    code = snippets(local_url, name)[language]
    if language == "javascript":
        code += "\nprocess.exit();"  # the client's connection keeps Node alive, whatever server it is to
    assert ANSWERS[name] in run(*RUN[language], code)


def test_it_is_found_from_the_address_that_it_is_read_at(local_url: str) -> None:
    page = visit(f"{local_url}/?view=api", headers={"Host": "localhost:1234"}).text
    assert 'Client("http://localhost:1234")' in html.unescape(page)


def test_what_is_not_documented_is_not_on_it(local_url: str) -> None:
    page = visit(f"{local_url}/?view=api").text
    assert "/greet" in page
    assert "/hidden" not in page
    assert "/quiet" not in page


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_it_is_accessible_without_a_script(local_url: str, browser: Browser, scheme: str, width: int) -> None:
    context = browser.new_context(
        viewport={"width": width, "height": 800},
        color_scheme="dark" if scheme == "dark" else "light",
        bypass_csp=True,  # the checker is a script, and this page allows none
    )
    page = context.new_page()
    page.goto(f"{local_url}/?view=api")
    page.evaluate((MODULES / "axe-core" / "axe.min.js").read_text())
    found = page.evaluate("axe.run(document)")["violations"]
    assert [(each["id"], each["nodes"][0]["html"]) for each in found] == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_label("curl", exact=True).check()
    assert page.locator(".python").first.is_hidden()
    assert page.locator("#greet .curl pre").is_visible()
    context.close()
