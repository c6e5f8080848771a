"""What is noted of requests to the relay's own hosts: who asked for what, and nothing that opens anything."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest_asyncio

from doorstep_relay.control.noting import Noting
from doorstep_relay.edge.access_log import _facts, _line
from doorstep_relay.edge.record import Record, Recorder
from doorstep_relay.server import Relay
from tests.relay.store.services import open_services


class Site:
    """The relay's app, with every request noted."""

    def __init__(self, relay: Relay) -> None:
        self.relay = relay
        self.records: list[Record] = []
        self.recorder: Recorder | None = Recorder([self.records.append])
        app = Noting(relay.app(), "relay", lambda: self.recorder, lambda peer: peer == "127.0.0.1")
        transport = httpx.ASGITransport(app, client=("127.0.0.1", 1))
        self.http = httpx.AsyncClient(transport=transport, base_url="http://localhost:8080")

    def line(self) -> dict[str, object]:
        return _line(_facts(self.records[-1]))


@pytest_asyncio.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    async with open_services(tmp_path / "data") as services:
        made = Site(Relay(replace(services.settings, secret=b"s" * 32)))
        async with made.http:
            yield made
        await made.relay.database.close()


async def test_a_call_of_the_api_is_noted_with_its_account_and_without_its_token(site: Site) -> None:
    token = (await site.relay.services.tokens.create("ann")).raw
    headers = {"Authorization": f"Bearer {token}", "X-Forwarded-For": "192.0.2.7"}
    answer = await site.http.get("/api/v1/shares?search=hunter2", headers=headers)
    line = site.line()
    assert (line["host"], line["account"], line["status"], line["peer"]) == ("relay", "ann", 200, "192.0.2.7")
    assert line["path"] == "/api/v1/shares?search=*"
    assert line["id"] == answer.headers["x-request-id"]
    assert line["bytes_out"] == len(answer.content)
    assert "share" not in line
    assert token not in str(line)
    assert "hunter2" not in str(line)


async def test_a_refusal_is_noted_with_its_code_and_nobodys_name(site: Site) -> None:
    await site.http.get("/api/v1/shares", headers={"Authorization": "Bearer made-up"})
    line = site.line()
    assert (line["status"], line["code"], line.get("account")) == (401, "bad-token", None)


async def test_who_is_signed_in_to_a_page_is_noted(site: Site) -> None:
    token = (await site.relay.services.tokens.create("ann")).raw
    origin = {"Origin": "http://localhost:8080"}
    await site.http.post("/sign-in", data={"secret": token}, headers=origin)
    assert token not in str(site.line())
    await site.http.get("/device?code=BCDF-GHJK")
    await site.http.get("/sign-in")
    assert (site.line()["path"], site.line()["account"]) == ("/sign-in", "ann")


async def test_a_trusted_proxys_request_id_is_kept_and_only_one_answered(site: Site) -> None:
    answer = await site.http.get("/api/v1/openapi.json", headers={"X-Request-Id": "proxy-1"})
    assert answer.headers.get_list("x-request-id") == ["proxy-1"]
    assert site.line()["id"] == "proxy-1"


async def test_while_nobody_wants_to_know_nothing_is_noted(site: Site) -> None:
    site.recorder = None
    answer = await site.http.get("/api/v1/openapi.json")
    assert "x-request-id" not in answer.headers
    assert site.records == []


async def test_probes_are_not_noted(site: Site) -> None:
    for path in ("/healthz", "/readyz"):
        await site.http.get(path)
    assert site.records == []
