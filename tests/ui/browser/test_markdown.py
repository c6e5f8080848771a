"""Formatted text in a browser: formulas, code, tables, lists of tasks, links to headings, and raw HTML."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

import doorstep as ds
from tests.ui.browser.moments import expect_noted, note

Visit = Callable[[ds.Blocks], Page]
Serve = Callable[[ds.Blocks], str]


def shown(text: str, **options: Any) -> ds.Blocks:
    with ds.Blocks() as app:
        ds.Textbox(label="first")
        ds.Markdown(text, **options)
    return app


def test_formulas_are_drawn_from_fonts_of_the_app(visit: Visit, page: Page) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    text = r"""Two $$a < b$$ and

$$
x = \frac{1}{2}
- y
$$

and `$$not this$$` nor \$$5."""

    visit(shown(text))

    expect(page.locator(".katex-display .katex-html")).to_have_count(2)
    expect(page.locator(".prose code")).to_have_text("$$not this$$")
    expect(page.locator(".prose")).to_contain_text("$$5.")
    page.wait_for_function(
        """() => [...document.fonts].some(
            ({ family, status }) => family.includes('KaTeX') && status === 'loaded'
        )"""
    )
    assert all(url.startswith(("http://127.0.0.1", "data:")) for url in asked)


def test_formulas_stand_between_what_the_app_says(visit: Visit) -> None:
    single = [{"left": "$", "right": "$", "display": False}, {"left": r"\[", "right": r"\]", "display": True}]
    page = visit(shown("It is $x^2$, \\[y\\] and costs $5 or $6.", latex_delimiters=single))

    expect(page.locator(".math .katex-html")).to_have_count(2)
    expect(page.locator(".katex-display")).to_have_count(1)
    expect(page.locator(".prose")).to_contain_text("costs $5 or $6.")


def test_text_without_formulas_loads_no_katex(visit: Visit, page: Page) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))

    visit(shown("*costs* $5", latex_delimiters=[]))

    expect(page.locator(".prose em")).to_have_text("costs")
    assert [url for url in asked if "katex" in url.lower() or "highlight" in url.lower()] == []


def test_code_has_colours_and_can_be_copied(
    visit: Visit, page: Page, violations: Callable[[Page], list[Any]]
) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    visit(shown("```py\ndef double(x):\n    return 2 * x\n```\n\n```nonsense\n<b>\n```"))

    expect(page.locator(".hljs-keyword").first).to_have_text("def")
    expect(page.locator("pre").nth(1)).to_have_text("<b>\n")
    note(page, ".copy-code")
    page.get_by_role("button", name="Copy code").first.click()
    expect_noted(page, "Copied")
    assert page.evaluate("navigator.clipboard.readText()") == "def double(x):\n    return 2 * x\n"
    assert violations(page) == []


def test_tasks_tables_and_headings(visit: Visit, violations: Callable[[Page], list[Any]]) -> None:
    text = "## Now and then\n\n- [x] one\n- [ ] two\n\n| a | b |\n|---|--:|\n| 1 | 2 |\n"
    page = visit(shown(text, header_links=True))

    expect(page.get_by_role("img", name="Done", exact=True)).to_have_count(1)
    expect(page.get_by_role("img", name="Not done")).to_have_count(1)
    expect(page.get_by_role("cell")).to_have_text(["1", "2"])
    expect(page.get_by_role("link", name="Link to Now and then")).to_have_attribute("href", "#now-and-then")
    expect(page.locator("#now-and-then")).to_be_visible()
    assert violations(page) == []


@pytest.mark.parametrize(("breaks", "lines"), [(True, 2), (False, 1)])
def test_a_line_break_is_one_where_the_app_says_so(visit: Visit, breaks: bool, lines: int) -> None:
    page = visit(shown("one *line*\nanother", line_breaks=breaks))

    expect(page.locator(".prose em")).to_be_visible()
    expect(page.locator(".prose br")).to_have_count(lines - 1)


def test_html_is_made_safe_unless_the_app_wants_it_as_it_is(visit: Visit) -> None:
    text = "<form id='f'><b>bold</b></form> <img src=x onerror='window.ran = 1'>"
    with ds.Blocks() as app:
        ds.Textbox(label="first")
        ds.Markdown(text, elem_id="safe")
        ds.Markdown(text, elem_id="raw", sanitize_html=False)
    page = visit(app)

    expect(page.locator("#safe b")).to_have_text("bold")
    expect(page.locator("#safe form")).to_have_count(0)
    expect(page.locator("#raw form b")).to_have_text("bold")
    assert page.evaluate("window.ran") is None  # the page's policy runs no script of a text


def test_it_scrolls_in_its_height_from_right_to_left_and_is_copied(visit: Visit, page: Page) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    text = "\n\n".join(f"line {number}" for number in range(40))
    with ds.Blocks() as app:
        told = ds.Textbox(label="told")
        markdown = ds.Markdown(text, max_height=120, rtl=True, buttons=["copy"], container=True, padding=True)
        markdown.copy(_length, None, told)
    visit(app)

    frame = page.locator("[data-type=markdown]")
    expect(frame).to_have_attribute("dir", "rtl")
    page.wait_for_function(
        "() => document.querySelector('[data-type=markdown] > [tabindex]').clientHeight === 120"
    )
    frame.get_by_role("button", name="Copy").click()
    expect(page.get_by_label("told")).to_have_value(str(len(text)))


def _length(data: ds.CopyData) -> int:
    return len(data.value)


def test_a_connection_that_failed_for_a_moment_costs_a_moment(serve: Serve, page: Page) -> None:
    failed: list[str] = []

    def fail_once(route: Route) -> None:
        failed.append(route.request.url)
        if failed.count(route.request.url) == 1:
            route.abort()
        else:
            route.continue_()

    page.route("**/assets/markdown-*.js", fail_once)
    page.goto(serve(shown("| a | b |\n|---|---|\n| **1** | $$x^2$$ |")))

    expect(page.locator(".prose td strong")).to_have_text("1")
    assert len(failed) == 2
