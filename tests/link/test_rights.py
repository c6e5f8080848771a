"""Rights hold for as long as a session lasts: what an operator takes away is gone within a second."""

from __future__ import annotations

import json
import time

from tests.link.clients import at_best, becomes, client, status
from tests.link.conftest import Lasting


async def test_row_04_a_ban_ends_links_and_sessions_at_once_and_lets_nobody_back(lasting: Lasting) -> None:
    relay = lasting.relay

    async def banned(number: int) -> float:
        token = relay.token(f"phisher-{number}")
        with client(relay, token, name=f"phish-{number}") as running:
            url = running.url
            relay.cli("account", "ban", f"phisher-{number}", "--reason", "phishing")
            told = time.monotonic()
            becomes(relay, url, 410)
            took = time.monotonic() - told
            assert running.ended() == "revoked"
        assert relay.visit(url).json()["detail"] == "phishing"
        with client(relay, token, wait=False) as again:
            assert again.refused() == "banned"
        relay.cli("account", "unban", f"phisher-{number}")
        with client(relay, token, name=f"honest-{number}") as back:
            assert status(relay, back.url) == 200
        return took

    assert await at_best(banned, 1) < 1


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
