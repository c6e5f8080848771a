"""What one visitor wrote is shown to others by every component that shows text, and runs in none of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

import doorstep as ds
from tests.ui.support import FakeFiles

EVIL = (
    "<img src=x onerror='window.ran=1'><svg onload='window.ran=2'></svg><script>window.ran=3</script>"
    "<a href='javascript:window.ran=4'>evil</a>"
    "<iframe srcdoc='<script>try{parent.ran=5}catch{}</script>'></iframe>"
    "<math><mtext><table><mglyph><style><img src=x onerror='window.ran=6'></style></mglyph></table></mtext>"
    "</math><form action='javascript:window.ran=7'></form> [link](javascript:window.ran=8) "
    "$\\href{javascript:window.ran=9}{x}$ ```<b>"
)
LINK = "javascript:window.ran=10"
PART = {"constructor_args": {}, "value": EVIL}


def shown() -> list[tuple[ds.Component, Any]]:
    """Every component that shows text, and what it shows."""
    messages = [
        {"role": "user", "content": EVIL, "metadata": {"title": EVIL, "log": EVIL}, "options": [EVIL]},
        {"role": "assistant", "content": [EVIL, {"path": f"https://127.0.0.1:9/{EVIL}", "alt_text": EVIL}]},
        {
            "role": "assistant",
            "content": [
                {**PART, "component": "html", "props": {"handlers": ["window.ran=1"], "value": EVIL}},
                {**PART, "component": "markdown", "props": {"sanitize_html": False, "value": EVIL}},
                {**PART, "component": "button", "props": {"link": LINK}, "value": "evil button"},
                {**PART, "component": "widget", "props": {"module": "data:text/javascript,window.ran=11"}},
                {**PART, "component": EVIL, "props": {}},
            ],
        },
    ]
    kinds: list[Any] = ["str", "markdown", "html"]
    return [
        (ds.Textbox(), EVIL),
        (ds.Markdown(), EVIL),
        (ds.HTML(), EVIL),
        (ds.Code(language="html"), EVIL),
        (ds.JSON(open=True), {EVIL: [EVIL, LINK]}),
        (ds.Label(), {EVIL: 0.5, LINK: 0.2}),
        (ds.HighlightedText(show_legend=True), [(EVIL, EVIL), (EVIL, None)]),
        (
            ds.Dataframe(headers=["a", "b", "c"], datatype=kinds),
            {"headers": [EVIL] * 3, "data": [[EVIL] * 3]},
        ),
        (ds.Chatbot(), ds.Chatbot(render=False).preprocess(messages, FakeFiles(Path("/nonexistent")))),
        (ds.Dialogue(speakers=["Ann"]), [{"speaker": EVIL, "text": EVIL}]),
        (ds.ParamViewer(), {EVIL: {"type": EVIL, "description": EVIL, "default": EVIL}}),
        (ds.Radio(), ds.update(choices=[EVIL], label=EVIL, info=EVIL, value=EVIL)),
        (ds.CheckboxGroup(), ds.update(choices=[EVIL], label=EVIL, value=[EVIL])),
        (ds.Dropdown(), ds.update(choices=[EVIL], label=EVIL, value=EVIL)),
        (ds.Button(), EVIL),
        (ds.MultimodalTextbox(), {"text": EVIL, "files": []}),
    ]


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_what_a_visitor_wrote_runs_in_no_component(page: Page, visit: Callable[[ds.Blocks], Page]) -> None:
    with ds.Blocks() as app:
        pairs = shown()
        done = ds.Textbox(elem_id="done")
        values = [value for _, value in pairs]
        ds.Button("Show").click(lambda: [*values, "done"], None, [*(each for each, _ in pairs), done])
    visit(app)
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page.locator("#done textarea, #done input").first).to_have_value("done")
    expect(page.locator(".rich .prose").first).to_be_attached()
    page.wait_for_load_state("networkidle")
    assert page.evaluate("window.ran") is None
    bad = page.locator("main [onerror], main [onload], main script, main [href^='javascript']")
    assert [each.evaluate("it => it.outerHTML + it.parentElement.outerHTML") for each in bad.all()] == []
