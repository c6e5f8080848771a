"""Rights hold for as long as a session lasts: what an operator takes away is gone within a second."""

from __future__ import annotations

import json
import time

from tests.link.clients import becomes, client, status
from tests.link.conftest import Lasting
from tests.support import wait_for


def test_row_04_a_ban_ends_links_and_sessions_at_once_and_lets_nobody_back(lasting: Lasting) -> None:
    relay = lasting.relay
    token = relay.token("mallory")
    with client(relay, token, name="phish") as running:
        url = running.url
        relay.cli("account", "ban", "mallory", "--reason", "phishing")
        told = time.monotonic()
        wait_for(lambda: status(relay, url) == 410, what="410")
        assert time.monotonic() - told < 3, "a second, on a machine with nothing else to do"
        assert running.ended() == "revoked"
    assert relay.visit(url).json()["detail"] == "phishing"
    with client(relay, token, wait=False) as again:
        assert again.refused() == "banned"
    relay.cli("account", "unban", "mallory")
    with client(relay, token, name="honest") as back:
        assert status(relay, back.url) == 200


def test_row_04_a_token_that_is_narrowed_holds_no_other_name(lasting: Lasting) -> None:
    relay = lasting.relay
    token, boss = relay.token("carol"), relay.token("boss", "--scopes", "share own admin")
    relay.cli("account", "change", "boss", "--role", "admin")
    with client(relay, token, name="carols") as running:
        url = running.url
        answer = relay.visit(
            f"/api/v1/tokens/{token[4:12]}",
            method="PATCH",
            headers={"Authorization": f"Bearer {boss}", "Content-Type": "application/json"},
            body=json.dumps({"names": ["ci-*"]}).encode(),
        )
        assert answer.status == 200, answer.text
        assert running.ended() == "name-forbidden"
        becomes(relay, url, 503)
    with client(relay, token, name="carols", wait=False) as again:
        assert again.refused() == "name-forbidden"
    with client(relay, token) as random:
        assert "//ci-" in random.url


def test_a_token_without_the_scope_opens_no_link(lasting: Lasting) -> None:
    token = lasting.relay.token("dave", "--scopes", "own admin")
    with client(lasting.relay, token, wait=False) as running:
        assert running.refused() == "forbidden"
