"""What the documents say is so."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.project.tracked import ROOT, tracked_files

LINK = re.compile(r"\]\(([^)\s]+)\)|\b(?:src|href)=\"([^\"]+)\"")
HEADING = re.compile(r"^#+\s+(.*)$", re.MULTILINE)
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
DOCUMENTS = [path for path in tracked_files() if path.suffix == ".md"]


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("document", DOCUMENTS, ids=named)
def test_every_relative_link_leads_somewhere(document: Path) -> None:
    text = FENCE.sub("", document.read_text())
    broken = [link for link in links(text) if not leads_somewhere(document, link)]

    assert not broken


def links(text: str) -> list[str]:
    found = [first or second for first, second in LINK.findall(text)]
    return [link for link in found if not re.match(r"[a-z]+:", link)]


def leads_somewhere(document: Path, link: str) -> bool:
    path, _, anchor = link.partition("#")
    target = (document.parent / path).resolve() if path else document
    if not target.exists() or not target.is_relative_to(ROOT):
        return False
    return not anchor or target.suffix != ".md" or anchor in anchors(target.read_text())


def anchors(text: str) -> set[str]:
    """The anchors that a forge makes of a document's headings."""
    headings = HEADING.findall(FENCE.sub("", text))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_the_first_example_of_the_readme_is_the_one_that_the_demo_runs() -> None:
    readme = (ROOT / "README.md").read_text()
    shown = re.search(
        r"^<!-- examples/hello\.py -->\n```python\n(.*?)^```$", readme, re.MULTILINE | re.DOTALL
    )

    assert shown is not None
    assert shown.group(1) == (ROOT / "examples" / "hello.py").read_text()
    assert readme.index("```python") == shown.start() + len("<!-- examples/hello.py -->\n")


def test_every_make_target_is_in_the_contributors_guide_and_the_other_way_round() -> None:
    targets = set(re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE))
    described = set(re.findall(r"^\| `make ([a-z-]+)`", (ROOT / "CONTRIBUTING.md").read_text(), re.MULTILINE))

    assert described == targets - {"help", "clean"}


def test_pictures_carry_a_description_and_follow_a_dark_page() -> None:
    pictures = [
        path for path in tracked_files() if path.is_relative_to(ROOT / "docs") and path.suffix == ".svg"
    ]

    assert pictures
    for picture in pictures:
        text = picture.read_text()
        assert "<title" in text, picture
        assert "prefers-color-scheme: dark" in text, picture
