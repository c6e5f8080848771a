"""The dashboard's host: rows 17, 18 and 31, and that who has no session gets nothing of it."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from tests.support import Relay, run_relay
from tests.support.http import Answer, visit


@pytest.fixture(scope="module")
def relay(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Relay]:
    with run_relay(tmp_path_factory.mktemp("dashboard"), token="alice") as running:
        yield running


@pytest.fixture(scope="module")
def cookie(relay: Relay) -> str:
    token = relay.token("alice")
    answer = ask(relay, "/sign-in", method="POST", body=f"secret={token}".encode(), origin=ours(relay))
    assert answer.status == 303
    made = answer.header("set-cookie") or ""
    assert "HttpOnly" in made
    assert "SameSite=strict" in made
    return made.partition(";")[0]


def ours(relay: Relay) -> str:
    return f"http://admin.localhost:{relay.port}"


def ask(relay: Relay, path: str, *, method: str = "GET", body: bytes = b"", **headers: str) -> Answer:
    return visit(f"{ours(relay)}{path}", method=method, body=body, headers=headers)


def test_without_a_session_people_are_led_to_the_sign_in_page_and_programs_are_refused(relay: Relay) -> None:
    assert ask(relay, "/", accept="text/html").header("location") == "/sign-in?next=%2F"
    assert ask(relay, "/").status == 401
    assert ask(relay, "/doorstep/static/nothing.js").status == 401


def test_with_one_there_is_the_page_and_no_other_page_may_frame_it(relay: Relay, cookie: str) -> None:
    answer = ask(relay, "/", accept="text/html", cookie=cookie)
    assert answer.status == 200
    assert answer.header("x-frame-options") == "DENY"
    assert b"Ban owner" not in answer.body, "a member's page knows nothing of what admins do"


@pytest.mark.parametrize("path", ["/config", "/gradio_api/info", "/gradio_api/call/x", "/file=/etc/passwd"])
def test_the_app_has_no_second_api(relay: Relay, cookie: str, path: str) -> None:
    assert ask(relay, path, cookie=cookie).status == 404


@pytest.mark.parametrize("origin", ["http://evil.localhost", "null", "https://admin.localhost", ""])
def test_whatever_could_change_something_comes_from_the_page_itself(
    relay: Relay, cookie: str, origin: str
) -> None:
    """Row 18: a link's page is on the same site, so the browser would send the cookie along."""
    headers = {"cookie": cookie, **({"origin": origin} if origin else {})}
    assert visit(f"{ours(relay)}/doorstep/call", method="POST", headers=headers).status == 403
    with pytest.raises(InvalidStatus) as refused:
        asyncio.run(session(relay, headers))
    assert refused.value.response.status_code == 403


async def session(relay: Relay, headers: dict[str, str]) -> None:
    url = f"ws://admin.localhost:{relay.port}/doorstep/session"
    async with connect(url, host="127.0.0.1", additional_headers=headers, proxy=None):
        pass


def test_a_web_socket_without_a_session_is_refused(relay: Relay) -> None:
    with pytest.raises(InvalidStatus):
        asyncio.run(session(relay, {"origin": ours(relay)}))


def test_the_relays_own_host_knows_nothing_of_the_dashboard(relay: Relay, cookie: str) -> None:
    assert relay.visit("/doorstep/session", headers={"cookie": cookie}).status == 404


def test_a_relay_imports_nothing_of_the_dashboard_until_it_is_opened() -> None:
    code = (
        "import sys, doorstep_relay.server, doorstep_relay.dashboard.site;"
        "sys.exit(any(name == 'doorstep' or name.startswith('doorstep.') for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], timeout=60, check=False).returncode == 0


def test_the_audit_file_is_of_the_viewers_own_account(relay: Relay, cookie: str) -> None:
    relay.token("mallory")
    assert ask(relay, "/audit.jsonl").status == 401
    for path in ("/audit.jsonl", "/audit.jsonl?account=mallory"):
        answer = ask(relay, path, cookie=cookie)
        assert answer.header("content-disposition") == 'attachment; filename="audit.jsonl"'
        assert b'"alice"' in answer.body
        assert b"mallory" not in answer.body
    assert ask(relay, "/audit.jsonl?since=yesterday", cookie=cookie).status == 422
