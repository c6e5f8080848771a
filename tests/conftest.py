"""Fixtures that every part's tests can ask for; what they are made of is in `tests/support`."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from httpx._config import DEFAULT_TIMEOUT_CONFIG
from hypothesis import HealthCheck, settings
from playwright.sync_api import expect

from tests.relay.store import services
from tests.support import Relay, chromium, run_postgres, run_relay

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Error, Page


os.environ.setdefault("DOORSTEP_KEEP_URL", "0")  # links of the tests' own process leave nothing behind
logging.getLogger("httpbin.core").setLevel(logging.ERROR)  # it would have the last word, after the summary
# The same examples in each run, however long they take: new ones are looked for in `fuzz/`.
settings.register_profile(
    "suite", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("suite")
for phase in ("connect", "read", "write", "pool"):  # five seconds are too few on a busy machine
    setattr(DEFAULT_TIMEOUT_CONFIG, phase, 30.0)
expect.set_options(timeout=30_000)  # a page on a busy machine; what is right at once costs nothing


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """What asks for `each_database` runs on both, unless it is marked to be about SQLite's file."""
    if "each_database" in metafunc.fixturenames:
        of_sqlite = metafunc.definition.get_closest_marker("sqlite_only")
        kinds = ["sqlite"] if of_sqlite else ["sqlite", "postgresql"]
        metafunc.parametrize("each_database", kinds, indirect=True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests that run side by side are known by their names, so these are the same in each process."""
    if changing := [item.nodeid for item in items if " at 0x" in item.nodeid]:
        raise pytest.UsageError(
            f"names with an address in them are others in each run: {changing}; give ids="
        )


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The URL of a PostgreSQL that all tests share."""
    with run_postgres() as url:
        yield url


@pytest.fixture
def each_database(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Makes what `tests.relay.store.services` opens a database of this kind."""
    kind: str = request.param
    monkeypatch.setattr(
        services, "SERVER", request.getfixturevalue("postgres") if kind == "postgresql" else None
    )
    return kind


@pytest.fixture
def relay(tmp_path: Path) -> Iterator[Relay]:
    """A relay of this test alone; `relay.client_env()` points a client at it."""
    with run_relay(tmp_path / "relay") as running:
        yield running


@pytest.fixture
def browser() -> Iterator[Browser]:
    """Chromium for this test alone."""
    with chromium() as running:
        yield running


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A blank page. A script that raised on it fails the test at its end."""
    raised: list[Error] = []
    context = browser.new_context()
    context.set_default_timeout(40_000)
    page = context.new_page()
    page.on("pageerror", lambda error: raised.append(error))  # noqa: PLW0108  Playwright takes no builtin
    page.on("filechooser", lambda _: None)  # from now on: one that opens while that begins is lost
    yield page
    context.close()
    assert not raised, f"a script on the page raised: {raised}"
