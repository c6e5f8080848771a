"""A relay is replaced by another on the same database while visitors come: none of them notices."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Self

import pytest

from tests.link.clients import client, get, status
from tests.support import Relay, free_port, wait_for

pytestmark = pytest.mark.timeout(120)


class Balancer:
    """Sends requests to whichever relay is ready, as HAProxy would; keeps what came back."""

    def __init__(self, old: Relay, new: Relay, path: str) -> None:
        self.answers: list[tuple[str, int]] = []
        self._relays = (old, new)
        self._path = path
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._visit) for _ in range(3)]

    def _visit(self) -> None:
        while not self._over.wait(0.01):
            self.answers.append(self._ask())

    def _ask(self) -> tuple[str, int]:
        """A relay that is not ready, or takes no connection, gets no request."""
        for name, relay in zip(("old", "new"), self._relays, strict=True):
            try:
                if _is_ready(relay):
                    return name, status(relay, relay.share_url("rolling", self._path))
            except ConnectionError:
                continue
        return "none", 0

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join(20)


def _is_ready(relay: Relay) -> bool:
    """As HAProxy judges: what ends without an answer is not ready either."""
    try:
        return status(relay, "/readyz") == 200
    except ValueError:
        return False


@pytest.fixture
def relays(postgres: str, tmp_path: Path) -> Iterator[tuple[Relay, Relay, str]]:
    """The old one, the new one, and a token for both."""
    port = free_port()
    database = ["--database", postgres]
    old = Relay(tmp_path / "old", args=[*database, "--instead", f"http://127.0.0.1:{port}", "--drain", "9s"])
    new = Relay(tmp_path / "new", port=port, args=database)
    token = old.token("rolling", *database)
    with ExitStack() as stack:
        for relay in (new, old):
            stack.callback(relay.kill)
            relay.start()
        yield old, new, token


def test_a_rolling_restart_loses_no_request(relays: tuple[Relay, Relay, str]) -> None:
    old, new, token = relays
    with client(old, token, name="rolling") as running, Balancer(old, new, "/") as balancer:
        with get(old, running.url, "/events?15") as answer:
            assert answer.readline() == b"data: 0\n"
            assert old.process is not None
            stopping = threading.Thread(target=old.process.stop, args=(60,))
            stopping.start()
            running.told("moved, without a break", 30)
            assert answer.read().endswith(b"data: 14\n\n")
        stopping.join(60)
        seen = len(balancer.answers)
        wait_for(lambda: len(balancer.answers) > seen + 20, what="requests to the new relay")
        assert new.visit(new.share_url("rolling")).json()["pid"] == running.pid
        assert "cannot be reached" not in running.process.output

    assert {code for _, code in balancer.answers} == {200}
    assert {name for name, _ in balancer.answers} == {"old", "new"}
