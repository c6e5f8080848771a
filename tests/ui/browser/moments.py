"""What a page shows for a moment only: noted by the page itself, as a look from outside may come too late."""

from __future__ import annotations

import re
from typing import Final

from playwright.sync_api import Page

A_SECOND: Final = re.compile(r"0:(0[1-9]|[1-5]\d)")
"""What a recorder shows once it has recorded for a second. Only `0:01` might be over before it is seen."""

_NOTE = """(selector) => {
    const shown = (window.shownForAMoment ??= []);
    const note = () => {
        for (const each of document.querySelectorAll(selector))
            shown.push(`${each.getAttribute("aria-label") ?? ""} ${each.textContent}`);
    };
    note();
    const all = { subtree: true, childList: true, characterData: true, attributes: true };
    new MutationObserver(note).observe(document.body, all);
}"""


def note(page: Page, selector: str) -> None:
    """From now on, until the page is loaded anew, it notes the names and texts of these elements."""
    page.evaluate(_NOTE, selector)


def expect_noted(page: Page, text: str) -> None:
    """One of them has shown this text, or does within the time that a page has."""
    page.wait_for_function("(text) => window.shownForAMoment.some((each) => each.includes(text))", arg=text)
