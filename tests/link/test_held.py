"""Visitors who come while a client is away for a moment are served when it is back, and not before a page."""

from __future__ import annotations

import signal
from concurrent.futures import Future, ThreadPoolExecutor

from tests.link.clients import client
from tests.link.conftest import StartRelay
from tests.support import Answer, Relay, wait_for

PATIENCE = ("--reconnect-wait", "30s")
"""Longer than anything here takes on a slow machine."""


def state(relay: Relay, token: str) -> str:
    answer = relay.visit("/api/v1/shares/demo", headers={"Authorization": f"Bearer {token}"})
    return str(answer.json()["state"])


def upload(pool: ThreadPoolExecutor, relay: Relay, url: str) -> Future[Answer]:
    return pool.submit(relay.visit, url + "/upload", method="POST", body=b"x" * 5, deadline=40.0)


def test_a_visitor_waits_for_a_client_that_was_connected_when_the_relay_stopped(
    start_relay: StartRelay,
) -> None:
    relay, token = start_relay(*PATIENCE)
    with client(relay, token, name="demo") as running, ThreadPoolExecutor() as pool:
        running.process.send(signal.SIGSTOP)
        relay.kill()
        relay.start()
        answer = upload(pool, relay, running.url)
        assert not answer.done()
        running.process.send(signal.SIGCONT)
        assert answer.result(60).status == 200


def test_a_visitor_waits_for_a_client_that_is_started_again(start_relay: StartRelay) -> None:
    relay, token = start_relay(*PATIENCE)
    with ThreadPoolExecutor() as pool:
        with client(relay, token, name="demo") as first:
            url = first.url
        wait_for(lambda: state(relay, token) == "offline", what="the client to be missed")
        answer = upload(pool, relay, url)
        with client(relay, token, name="demo"):
            assert answer.result(60).status == 200


def test_a_share_that_is_revoked_while_its_client_is_away_is_answered_for_at_once(
    start_relay: StartRelay,
) -> None:
    relay, token = start_relay(*PATIENCE)
    with client(relay, token, name="demo") as running, ThreadPoolExecutor() as pool:
        url = running.url
        running.process.send(signal.SIGSTOP)
        relay.kill()
        relay.start()
        answer = upload(pool, relay, url)
        relay.cli("share", "revoke", "demo", "--reason", "enough")
        assert answer.result(20).status == 410
        running.process.send(signal.SIGCONT)
