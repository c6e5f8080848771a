"""Apps that are closed to who does not log in, each test by its row in the list of vulnerability classes."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest
from starlette.requests import Request
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

import doorstep as ds
from doorstep.auth import gate
from doorstep.auth.attempts import Attempts
from doorstep.auth.logins import Logins
from doorstep.auth.passwords import Passwords
from doorstep.errors import UsageError
from doorstep.security import VISITOR_COOKIE
from tests.ui.support import Served, built_assets, served

RIGHT = {"username": "ada", "password": "lovelace"}
WRONG = {"username": "ada", "password": "babbage"}
PEOPLE = {"Accept": "text/html"}
EVERYTHING = [
    *("/", "/config", "/gradio_api/info", "/gradio_api/openapi.json", "/gradio_api/file=x", "/?view=api"),
    *("/doorstep/static/assets/main-1.js", "/doorstep/file/a/b", "/gradio_api/queue/data?session_hash=a"),
    *("/gradio_api/call/who/abc", "/nothing", "/gradio_api/heartbeat/a", "/file=x"),
]


def who(request: ds.Request) -> str:
    return str(request.username)


def app() -> ds.Blocks:
    with ds.Blocks(title="Closed") as app:
        ds.Button().click(who, None, ds.Textbox())
    return app


@pytest.fixture
def server(tmp_path: Any) -> Iterator[Served]:
    closed: Any = {"auth": [("ada", "lovelace"), ("bob", "ross")], "auth_message": "<b>Welcome</b>"}
    with served(app(), assets=built_assets(tmp_path / "static"), **closed) as server:
        yield server


@pytest.fixture
async def client(server: Served) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=server.url, trust_env=False) as client:
        yield client


async def log_in(client: httpx.AsyncClient, **headers: str) -> httpx.Response:
    answer = await client.post("/login", data=RIGHT, headers=headers)
    assert answer.status_code in {200, 303}
    return answer


@pytest.mark.parametrize("other", ['{"a": 1}', "a b, c", '"unclosed', "\u00e9"])
async def test_a_cookie_of_another_app_on_the_host_keeps_nobody_out(
    client: httpx.AsyncClient, other: str
) -> None:
    await log_in(client)
    ours = "; ".join(f"{cookie.name}={cookie.value}" for cookie in client.cookies.jar)
    client.cookies.clear()
    answer = await client.get("/config", headers={"Cookie": f"other={other}; {ours}".encode()})
    assert answer.status_code == 200


@pytest.mark.parametrize("path", EVERYTHING)
async def test_row_47_nothing_is_open_without_a_login(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(path)
    assert answer.status_code == 401
    assert answer.json()["detail"]["error"] == "Not authenticated"
    for text in ("components", "who"):
        assert text not in answer.text


@pytest.mark.parametrize(
    "path", ["/gradio_api/call/who", "/gradio_api/run/who", "/gradio_api/upload", "/doorstep/upload"]
)
async def test_row_47_nothing_is_taken_without_a_login(client: httpx.AsyncClient, path: str) -> None:
    assert (await client.post(path, json={"data": []})).status_code == 401


@pytest.mark.parametrize(
    "cookie", ["", "doorstep_login=x", "doorstep_login_80=", "doorstep_login_{port}=forged"]
)
async def test_row_47_no_session_is_opened_without_a_login(server: Served, cookie: str) -> None:
    headers = {"Cookie": cookie.format(port=server.port)}
    with pytest.raises(InvalidStatus) as refused:
        await connect(f"ws://127.0.0.1:{server.port}/doorstep/session", additional_headers=headers)
    assert refused.value.response.status_code == 403


async def test_who_logged_in_is_known_to_functions(client: httpx.AsyncClient) -> None:
    assert (await log_in(client)).json() == {"success": True}
    answer = await client.post("/gradio_api/run/who", json={"data": []})
    assert answer.json()["data"] == ["ada"]
    assert (await client.get("/config")).json()["username"] == "ada"


async def test_people_get_a_form_and_come_back_to_where_they_were(client: httpx.AsyncClient) -> None:
    form = await client.get("/?tab=2", headers=PEOPLE)
    assert form.status_code == 401
    assert 'name="next" value="/?tab=2"' in form.text
    assert "&lt;b&gt;Welcome&lt;/b&gt;" in form.text
    assert "script" not in form.text
    after = await client.post("/login", data={**RIGHT, "next": "/?tab=2"}, headers=PEOPLE)
    assert (after.status_code, after.headers["location"]) == (303, "/?tab=2")


@pytest.mark.parametrize(
    "following",
    [
        *(
            "//evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "https://evil.example",
            "/%0d%0aSet-Cookie:a=b",
        ),
        *("javascript:alert(1)", "/\tx", "/\r\nX: y", "", "evil", "/logout", "/login", "/é"),
    ],
)
async def test_row_44_a_login_leads_to_this_app_alone(client: httpx.AsyncClient, following: str) -> None:
    answer = await client.post("/login", data={**RIGHT, "next": following}, headers=PEOPLE)
    assert re.fullmatch(r"/(%0[dD]%0[aA]Set-Cookie:a=b)?", answer.headers["location"])
    assert all(name.startswith("doorstep_") for name in answer.cookies)


async def test_row_46_a_wrong_name_and_a_wrong_password_are_the_same(client: httpx.AsyncClient) -> None:
    answers = [
        (await client.post("/login", data=given)).text
        for given in (WRONG, {"username": "nobody", "password": "x"}, {})
    ]
    assert len(set(answers)) == 1


async def test_row_46_passwords_are_compared_in_constant_time(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[int, int]] = []

    def compared(first: bytes, second: bytes) -> bool:
        seen.append((len(first), len(second)))
        return first == second

    monkeypatch.setattr("hmac.compare_digest", compared)
    passwords = Passwords([("ada", "lovelace"), ("bob", "ross")])
    for given in (("ada", "lovelace"), ("ada", "x"), ("nobody", "")):
        seen.clear()
        assert await passwords.fit(*given) is (given == ("ada", "lovelace"))
        assert seen == [(32, 32)] * 4, "every name and password, whatever fits"


async def test_row_46_guessing_is_slowed_down(client: httpx.AsyncClient) -> None:
    statuses = [(await client.post("/login", data=WRONG)).status_code for _ in range(12)]
    assert statuses[:10] == [400] * 10
    assert 429 in statuses
    refused = await client.post("/login", data=RIGHT)
    assert refused.status_code == 429
    assert 1 <= int(refused.headers["retry-after"]) <= 10


async def test_row_46_guesses_at_the_same_time_count_each(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gate, "BY_ADDRESS", (10, 6000.0))  # no further one while this lasts
    asked: list[str] = []

    async def slow(name: str, password: str) -> bool:
        asked.append(password)
        await asyncio.sleep(0.1)
        return False

    with served(app(), assets=built_assets(tmp_path / "static"), auth=slow) as server:
        async with httpx.AsyncClient(base_url=server.url, trust_env=False) as client:
            tries = [client.post("/login", data={**WRONG, "password": str(each)}) for each in range(30)]
            statuses = [answer.status_code for answer in await asyncio.gather(*tries)]
    assert len(asked) <= 10
    assert statuses.count(429) >= 20


def test_row_46_attempts_come_back_with_time() -> None:
    attempts = Attempts(2, 10)
    for _ in range(2):
        attempts.failed("a", 0)
    assert (attempts.wait("a", 0), attempts.wait("b", 0)) == (5, 0)
    assert attempts.wait("a", 5) == 0
    attempts.succeeded("a")
    assert attempts.wait("a", 0) == 0


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:1"])
async def test_row_42_another_site_can_neither_log_in_nor_out(client: httpx.AsyncClient, origin: str) -> None:
    assert (await client.post("/login", data=RIGHT, headers={"Origin": origin})).status_code == 403
    await log_in(client)
    assert (await client.get("/logout", headers={"Sec-Fetch-Site": "cross-site"})).status_code == 403
    assert (await client.get("/config")).status_code == 200


async def test_row_49_a_login_makes_new_keys_whatever_was_planted(
    client: httpx.AsyncClient, server: Served
) -> None:
    name = f"doorstep_login_{server.port}"
    client.cookies.set(name, "planted-by-somebody-else-before")
    client.cookies.set(VISITOR_COOKIE, "planted-by-somebody-else-too")
    answer = await log_in(client)
    assert answer.cookies[name] != "planted-by-somebody-else-before"
    assert answer.cookies[VISITOR_COOKIE] != "planted-by-somebody-else-too"
    again = await log_in(client)
    assert again.cookies[name] != answer.cookies[name]
    old = {"Cookie": f"{name}={answer.cookies[name]}"}
    async with httpx.AsyncClient(base_url=server.url, trust_env=False) as thief:
        assert (await thief.get("/config", headers=old)).status_code == 401, "the one before is over"


async def test_row_49_cookies_are_out_of_scripts_reach(client: httpx.AsyncClient) -> None:
    for header in (await log_in(client)).headers.get_list("set-cookie"):
        assert "HttpOnly" in header
        assert "SameSite=lax" in header
    secure = await client.post("/login", data=RIGHT, headers={"X-Forwarded-Proto": "https"})
    for header in secure.headers.get_list("set-cookie"):
        assert "Secure" in header
    assert any(each.startswith("__Host-doorstep_login") for each in secure.headers.get_list("set-cookie"))


async def test_row_49_one_users_files_are_not_anothers(client: httpx.AsyncClient, server: Served) -> None:
    await log_in(client)
    (path,) = (await client.post("/gradio_api/upload", files={"files": ("a.txt", b"mine")})).json()
    assert (await client.get(f"/gradio_api/file={path}")).text == "mine"
    async with httpx.AsyncClient(base_url=server.url, trust_env=False) as other:
        await other.post("/login", data={"username": "bob", "password": "ross"})
        assert (await other.get(f"/gradio_api/file={path}")).status_code == 404


async def test_logging_out_ends_everything_that_was_open(client: httpx.AsyncClient, server: Served) -> None:
    await log_in(client)
    cookies = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
    async with server.page(additional_headers={"Cookie": cookies}) as page:
        assert (await client.get("/logout")).status_code == 303
        with pytest.raises(ConnectionClosed):
            await page.hear()
    stale = await client.get("/config", headers={"Cookie": cookies})
    assert stale.status_code == 401


def test_a_login_ends_by_itself() -> None:
    logins = Logins(lifetime=-1)
    assert logins.user_of(logins.begin("ada")) is None


@pytest.mark.parametrize(
    "auth", [(), [], ("ada", ""), ("", "x"), [("ada",)], {"ada": "x"}, "ada:x", True, [("a", 1)]]
)
def test_an_auth_that_is_none_is_refused_and_not_ignored(auth: Any) -> None:
    with pytest.raises(UsageError, match="auth is"):
        Passwords(auth)


@pytest.mark.parametrize("body", [b"a" * 10_000, b"username=ada&" * 100, b"\xff\xfe", b""])
async def test_row_48_a_strange_login_is_only_refused(client: httpx.AsyncClient, body: bytes) -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    assert (await client.post("/login", content=body, headers=headers)).status_code == 400


async def test_a_function_may_decide(tmp_path: Any) -> None:
    async def decide(name: str, password: str) -> bool:
        return name == password

    with served(app(), auth=decide) as server:
        async with httpx.AsyncClient(base_url=server.url, trust_env=False) as client:
            assert (await client.post("/login", data=WRONG)).status_code == 400
            assert (await client.post("/login", data={"username": "a", "password": "a"})).status_code == 200


@pytest.mark.parametrize("said", [None, "", 0, True, ["ada"]])
async def test_only_a_name_from_the_app_around_lets_anybody_in(said: Any) -> None:
    with served(app(), auth_dependency=lambda _request: said) as server:
        async with httpx.AsyncClient(base_url=server.url, trust_env=False) as client:
            assert (await client.get("/config")).status_code == 401
            form = await client.get("/", headers=PEOPLE)
            assert (form.status_code, "<form" in form.text) == (401, False)


async def test_the_app_around_says_who_it_is() -> None:
    def user(request: Request) -> str | None:
        return request.headers.get("x-user")

    with served(app(), auth_dependency=user) as server:
        async with httpx.AsyncClient(
            base_url=server.url, trust_env=False, headers={"X-User": "eve"}
        ) as client:
            answer = await client.post("/gradio_api/run/who", json={"data": []})
    assert answer.json()["data"] == ["eve"]
