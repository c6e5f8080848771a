"""Rows that are about no single part, and the list itself: every row of it has a test that names it."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from doorstep_client import share
from tests.project.tracked import ROOT, tracked_texts
from tests.support import Relay, visit

_ROW = re.compile(r"\| (\d+) \| ([^|]+) \| ([^|]+) \|")
_SECRET = re.compile(
    r"dst_[A-Za-z0-9]{8}_[A-Za-z0-9]{40}|-----BEGIN [A-Z ]*PRIVATE KEY"
    r"|\bAKIA[0-9A-Z]{16}\b|\bghp_[A-Za-z0-9]{36}"
)
_FETCHED = re.compile(r"<script[^>]+src=[\"']?(https?:)?//|import\([\"']https?://|from [\"']https?://")


def test_every_row_of_the_list_is_in_the_document_with_tests_that_name_it() -> None:
    table = {int(n): tests for n, _, tests in _ROW.findall((ROOT / "docs" / "security.md").read_text())}
    assert sorted(table) == list(range(1, 36))
    for row, tests in table.items():
        names = re.findall(r"`(tests/[\w/]+\.py)`", tests)
        assert names or tests.strip().startswith("nothing to test yet"), row
        for name in names:
            assert _names_row(ROOT / name, row), f"{name} does not name row {row}"


def _names_row(path: Path, row: int) -> bool:
    return re.search(rf"_(row|and)_{row:02}_", path.read_text()) is not None


def test_row_29_no_asyncssh_with_a_known_flaw_is_installed() -> None:
    least = re.search(r'"asyncssh>=(\d+)\.(\d+)"', (ROOT / "pyproject.toml").read_text())
    assert least is not None
    assert (int(least[1]), int(least[2])) > (2, 14)  # CVE-2023-46445, CVE-2023-46446, CVE-2023-48795


def test_row_06_two_links_are_asked_the_same_at_once_and_each_answers_for_itself(relay: Relay) -> None:
    token = relay.token()
    with ThreadPoolExecutor(8) as threads:
        opened = [
            threads.submit(share, _app(name), relay=relay.url, token=token, name=name)
            for name in ("one-app", "two-app")
        ]
        links = [each.result() for each in opened]
        asked = [(link.name, threads.submit(visit, f"{link.url}/same?key=1")) for link in links * 20]
        answers = {(name, answer.result().text) for name, answer in asked}
        for link in links:
            link.close()
    assert answers == {("one-app", "one-app"), ("two-app", "two-app")}


def _app(name: str) -> Any:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        headers = [(b"cache-control", b"public, max-age=60"), (b"etag", b'"same"')]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": name.encode()})

    return app


def test_row_27_no_page_takes_code_from_elsewhere() -> None:
    for name, text in tracked_texts().items():
        if name.startswith(("client/", "relay/", "ui_runtime/")):
            assert _FETCHED.search(text) is None, name


def test_row_35_no_secret_is_in_the_repository() -> None:
    for name, text in tracked_texts().items():
        assert _SECRET.search(text) is None, name
