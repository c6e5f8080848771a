"""Who may look at a link, on a real relay with a real client, named by the rows of the list of classes."""

from __future__ import annotations

import base64
import contextlib
import json
import re
import socket
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from tests.link.clients import client
from tests.support import Answer, Relay, raw_request, run_relay, run_script, wait_for
from tests.support.http import parse

PASSWORD = "open-sesame-7391"
KEY = "Kq8-0123456789abcdef"
BROWSER = {"Accept": "text/html,*/*", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
ECHO = """
import json, sys, time
from doorstep_client import share

async def app(scope, receive, send):
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.accept"})
        while (event := await receive())["type"] == "websocket.receive":
            await send({"type": "websocket.send", "text": event.get("text") or ""})
        return
    if scope["type"] != "http":
        return
    told = {
        "method": scope["method"],
        "path": scope["raw_path"].decode(),
        "query": scope["query_string"].decode(),
        "headers": [[k.decode("latin-1"), v.decode("latin-1")] for k, v in scope["headers"]],
    }
    await send({"type": "http.response.start", "status": 200, "headers": []})
    if scope["path"] == "/endless":
        while True:
            await send({"type": "http.response.body", "body": b"x" * 100, "more_body": True})
            import asyncio
            await asyncio.sleep(0.05)
    await send({"type": "http.response.body", "body": json.dumps(told).encode()})

for name, options in json.loads(sys.argv[1]).items():
    link = share(app, name=name, **options)
    print("URL", link.visit_url, flush=True)
time.sleep(600)
"""


class House:
    """A relay with some links, and the means to change them."""

    def __init__(self, relay: Relay, token: str) -> None:
        self.relay = relay
        self.token = token
        relay.cli("account", "create", "root", "--role", "admin")
        self.admin = relay.token("root", "--scopes", "share own admin")

    def url(self, name: str) -> str:
        return f"http://{name}.localhost:{self.relay.port}"

    def get(self, name: str, path: str = "/", **how: Any) -> Answer:
        return self.relay.visit(self.url(name) + path, **how)

    def api(self, method: str, path: str, body: Any = None, token: str | None = None) -> httpx.Response:
        fields = {"Authorization": f"Bearer {token or self.token}", "Host": "localhost"}
        return httpx.request(method, f"{self.relay.url}/api/v1{path}", json=body, headers=fields)

    def set(self, name: str, **policy: Any) -> None:
        answer = self.api("PUT", f"/shares/{name}/policy", policy)
        assert answer.status_code == 200, answer.text

    def browser(self, name: str) -> httpx.Client:
        """A browser without a screen: keeps cookies, says what browsers say."""
        transport = httpx.HTTPTransport()
        return httpx.Client(
            base_url=self.relay.url,
            transport=transport,
            headers={**BROWSER, "Host": f"{name}.localhost:{self.relay.port}"},
        )


LINKS: dict[str, Any] = {
    "guarded": {"password": PASSWORD},
    "keyed": {"policy": {"key": KEY}},
    "plain": {},
    "once": {"policy": {"one_time": True}},
    "moving": {},
}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with run_relay(tmp_path_factory.mktemp("house") / "relay", "--trusted-proxies", "127.0.0.9") as relay:
        token = relay.token("ann")
        env = {"DOORSTEP_RELAY": relay.url, "DOORSTEP_TOKEN": token}
        with run_script(ECHO, json.dumps(LINKS), env=env) as script:
            wait_for(lambda: script.output.count("URL") == len(LINKS), 30, what="the links")
            made = House(relay, token)
            yield made
            assert PASSWORD not in relay.log + script.output
            assert KEY not in relay.log


def basic(password: str, user: str = "") -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


def headers_of(answer: Answer) -> dict[str, str]:
    return {name.lower(): value for name, value in answer.json()["headers"]}


def log_in(browser: httpx.Client, password: str = PASSWORD, following: str = "/") -> httpx.Response:
    form = browser.get("/.doorstep/login", params={"next": following})
    token = re.search(r'name="token" value="(\w+)"', form.text)
    assert token is not None, form.text
    return browser.post("/.doorstep/login", data={"token": token[1], "password": password, "next": following})


# -- row 1: every way to show a credential, alone, both and twice ----------------------------------


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ([], 401),
        ([basic(PASSWORD)], 200),
        ([basic(PASSWORD, "anybody")], 200),
        ([basic("wrong")], 401),
        ([basic("")], 401),
        ([{"Authorization": "Basic !!!"}], 401),
        ([{"Authorization": f"Bearer {PASSWORD}"}], 401),
        ([basic(PASSWORD), basic("wrong")], 401),
        ([basic("wrong"), basic(PASSWORD)], 401),
        ([basic(PASSWORD), basic(PASSWORD)], 401),
        ([{"Doorstep-Password": PASSWORD}], 200),
        ([{"Doorstep_Password": PASSWORD}], 401),
        ([{"Doorstep-Password": "wrong"}, basic(PASSWORD)], 401),
        ([{"Doorstep-Password": PASSWORD}, {"Authorization": "Bearer the-apps-own"}], 200),
        ([{"Doorstep-Password": PASSWORD}, {"Doorstep-Password": "wrong"}], 401),
        ([{"Cookie": "doorstep-pass=junk"}], 401),
        ([{"Cookie": "doorstep-pass=junk"}, basic(PASSWORD)], 200),
        ([{"X-Forwarded-User": "ann"}, {"X-Forwarded-Email": "ann@example.org"}], 401),
        ([{"Doorstep-Share": "plain"}], 401),
        ([{"Proxy-Authorization": basic(PASSWORD)["Authorization"]}], 401),
    ],
)
def test_row_01_a_second_credential_opens_nothing(
    house: House, fields: list[dict[str, str]], status: int
) -> None:
    lines = [f"{name}: {value}\r\n" for field in fields for name, value in field.items()]
    address = f"127.0.1.{abs(hash(str(fields))) % 200 + 1}"  # wrong ones count for each address by itself
    head = f"GET / HTTP/1.{len(fields) % 2}\r\nHost: guarded.localhost\r\nConnection: close\r\n"
    asked = f"{head}{''.join(lines)}\r\n".encode()
    assert parse(asked_from(house.relay, address, asked)).status == status


def asked_from(relay: Relay, address: str, request: bytes) -> bytes:
    """What comes back to a visitor of this loopback address."""
    with socket.create_connection(("127.0.0.1", relay.port), 20, source_address=(address, 0)) as visitor:
        visitor.sendall(request)
        return b"".join(iter(lambda: visitor.recv(65536), b""))


def test_row_01_the_second_request_of_a_connection_shows_its_credential_too(house: House) -> None:
    ask = "GET /{} HTTP/1.1\r\nHost: guarded.localhost\r\n{}\r\n"
    shown = "Authorization: " + basic(PASSWORD)["Authorization"] + "\r\n"
    raw = raw_request(house.relay.port, (ask.format("one", shown) + ask.format("two", "")).encode())
    assert re.findall(rb"HTTP/1.1 (\d+)", raw) == [b"200", b"401"]


def test_row_01_websockets_and_uploads_stop_at_the_gate(house: House) -> None:
    address = ("127.0.0.1", house.relay.port)
    where = f"ws://guarded.localhost:{house.relay.port}/ws"
    with pytest.raises(InvalidStatus) as refused, socket.create_connection(address) as sock:
        connect(where, sock=sock, proxy=None)
    assert refused.value.response.status_code == 401
    with (
        socket.create_connection(address) as sock,
        connect(where, sock=sock, proxy=None, additional_headers=basic(PASSWORD)) as inside,
    ):
        inside.send("hello")
        assert inside.recv(20) == "hello"
    assert house.get("guarded", method="POST", body=b"x" * 100_000).status == 401


# -- row 5: what is malformed fails closed ---------------------------------------------------------


@pytest.mark.parametrize(
    "options",
    [
        {"password": ""},
        {"policy": {"password": None}},
        {"policy": {"networks": []}},
        {"policy": {"passwrd": "x"}},
        {"policy": {"key": "short"}},
        {"policy": {"oidc": {"domains": ["example.org"]}}},
        {"policy": {"interstitial": False}},
    ],
)
def test_row_05_a_link_whose_policy_cannot_be_obeyed_does_not_open(house: House, options: Any) -> None:
    with client(house.relay, house.token, wait=False, name="never", **options) as running:
        assert running.refused()
    assert house.get("never").status == 404


def test_row_05_an_api_that_cannot_obey_changes_nothing(house: House) -> None:
    before = house.api("GET", "/shares/guarded/policy").json()
    for body in (
        {"password": None},
        {"password": ""},
        {"nets": ["10.0.0.0/8"]},
        {"networks": []},
        [],
        "x",
        None,
    ):
        answer = house.api("PUT", "/shares/guarded/policy", body)
        assert answer.status_code == 422, (body, answer.text)
        assert answer.headers["content-type"] == "application/problem+json"
    for body in ({"networks": ["all"]}, {"nothing": None}, [1]):
        assert house.api("PATCH", "/shares/guarded/policy", body).status_code == 422
    assert house.api("PUT", "/shares/guarded/policy", {"interstitial": False}).status_code == 403
    assert house.api("GET", "/shares/guarded/policy").json() == before
    assert house.get("guarded").status == 401


def test_row_02_what_is_somebody_elses_is_answered_like_what_is_not_there(house: House) -> None:
    bob = house.relay.token("bob")
    for method in ("GET", "PUT", "PATCH", "DELETE"):
        there, nowhere = (
            house.api(method, f"/shares/{name}/policy", {} if method != "GET" else None, bob)
            for name in ("guarded", "nowhere")
        )
        assert (there.status_code, nowhere.status_code) == (404, 404)
        assert there.json()["code"] == nowhere.json()["code"]


# -- row 14: who visitors are ------------------------------------------------------------------------


def test_row_14_networks_are_those_of_the_real_visitor(house: House) -> None:
    house.set("moving", networks=["127.0.2.0/24", "192.0.2.0/24"])
    head = b"GET / HTTP/1.1\r\nHost: moving.localhost\r\nConnection: close\r\nX-Forwarded-For: %b\r\n\r\n"
    asked = {
        ("127.0.2.5", b"203.0.113.1"): 200,
        ("127.0.3.5", b"192.0.2.1"): 403,
        ("127.0.0.9", b"192.0.2.1"): 200,  # the proxy that is trusted
        ("127.0.0.9", b"192.0.2.1, 203.0.113.1"): 403,
        ("127.0.0.9", b"junk"): 403,
    }
    got = {how: parse(asked_from(house.relay, how[0], head % how[1])).status for how in asked}
    assert got == asked
    house.set("moving")


# -- row 19: secrets go nowhere ----------------------------------------------------------------------


def test_row_19_what_is_for_the_relay_never_reaches_the_app(house: House) -> None:
    for how in (basic(PASSWORD), {"Doorstep-Password": PASSWORD}):
        answer = house.get("guarded", headers=how)
        assert answer.status == 200
        assert PASSWORD not in answer.text
        assert how.get("Authorization", PASSWORD) not in answer.text
    cookies = "a=1; doorstep-pass=x; __Host-doorstep-pass=y; doorstep-form=z; b=2"
    for name in ("plain", "keyed"):
        got = house.get(
            name, "/?k=" + KEY if name == "keyed" else "/", headers={"Cookie": cookies, "Doorstep-Key": KEY}
        )
        assert headers_of(got)["cookie"] == "a=1; b=2"
        assert "doorstep" not in {field.partition("-")[0] for field in headers_of(got)}
        assert KEY not in got.text
    assert "cookie" not in headers_of(house.get("plain", headers={"Cookie": "doorstep-pass=x"}))


def test_row_19_a_password_travels_once_and_is_kept_as_a_hash(house: House) -> None:
    shown = json.dumps(house.api("GET", "/shares/guarded/policy").json())
    listed = house.relay.cli("share", "list", "--json") + house.relay.cli("share", "policy", "guarded")
    stored = b"".join(path.read_bytes() for path in sorted(house.relay.data.glob("relay.db*")))
    for text in (shown, listed, stored.decode("latin-1")):
        assert PASSWORD not in text
        assert KEY not in text
    assert "scrypt$" not in shown + listed
    assert "scrypt$" in stored.decode("latin-1")


# -- the way of a person -------------------------------------------------------------------------


def test_a_person_logs_in_and_stays_in(house: House) -> None:
    with house.browser("guarded") as browser:
        first = browser.get("/deep?x=1")
        assert (first.status_code, first.headers["location"]) == (303, "/.doorstep/login?next=/deep%3Fx%3D1")
        wrong = log_in(browser, "wrong")
        assert wrong.status_code == 403
        assert "This is not the password." in wrong.text
        done = log_in(browser, following="/deep?x=1")
        assert (done.status_code, done.headers["location"]) == (303, "/deep?x=1")
        cookie = done.headers["set-cookie"]
        assert cookie.startswith("doorstep-pass=")
        assert "HttpOnly" in cookie
        assert "SameSite=Lax" in cookie
        assert "domain" not in cookie.lower()
        inside = browser.get("/deep?x=1")
        assert inside.json()["query"] == "x=1"
        assert inside.headers["x-robots-tag"] == "noindex"
        stolen = {"Cookie": cookie.partition(";")[0]}
    assert house.get("guarded", headers=stolen).status == 200
    assert house.get("keyed", headers=stolen).status == 401  # a pass is one link's


@pytest.mark.parametrize("evil", ["//evil.example", "/\\evil.example", "https://evil.example", "%2F%2Fevil"])
def test_row_44_logging_in_leads_nowhere_else(house: House, evil: str) -> None:
    with house.browser("guarded") as browser:
        assert log_in(browser, following=evil).headers["location"] == "/"


def test_row_18_a_form_of_another_site_logs_nobody_in(house: House) -> None:
    with house.browser("guarded") as browser:
        form = browser.get("/.doorstep/login")
        token = re.search(r'name="token" value="(\w+)"', form.text)
        assert token is not None
        data = {"token": token[1], "password": PASSWORD}
        for extra in (
            {"Origin": "http://evil.example"},
            {"Origin": "null"},
            {"Sec-Fetch-Site": "cross-site"},
        ):
            assert browser.post("/.doorstep/login", data=data, headers=extra).status_code == 403
        assert browser.post("/.doorstep/login", data=data | {"token": "0" * 64}).status_code == 403
        browser.cookies.clear()
        assert browser.post("/.doorstep/login", data=data).status_code == 403  # the token is that browser's


def test_row_46_guesses_are_slowed_down_for_who_guesses_alone(house: House) -> None:
    def guess(address: str, password: str) -> Answer:
        shown = basic(password)["Authorization"]
        head = "GET / HTTP/1.1\r\nHost: guarded.localhost\r\nConnection: close\r\n"
        return parse(asked_from(house.relay, address, f"{head}Authorization: {shown}\r\n\r\n".encode()))

    began, wrong = time.monotonic(), 0
    while (answer := guess("127.0.4.1", f"guess {wrong}")).status == 401:
        wrong += 1
        assert wrong <= 9 + (time.monotonic() - began) / 10  # eight at once, then one every ten seconds
    assert wrong >= 8
    assert answer.status == 429
    assert 0 < int(answer.header("Retry-After") or 0) <= 10
    assert guess("127.0.4.2", PASSWORD).status == 200


# -- keys and one-time links ---------------------------------------------------------------------


def test_a_link_with_its_key_opens_for_browsers_and_programs(house: House) -> None:
    assert house.get("keyed").status == 401
    with house.browser("keyed") as browser:
        assert browser.get("/").status_code == 401
        first = browser.get(f"/page?k={KEY}&x=1")
        assert (first.status_code, first.headers["location"]) == (303, "/page?x=1")
        assert browser.get("/page?x=1").status_code == 200
    assert house.get("keyed", f"/hook?k={KEY}&x=1", method="POST", body=b"{}").json()["query"] == "x=1"
    assert house.get("keyed", headers={"Doorstep-Key": KEY}).status == 200
    assert house.get("keyed", "/?k=" + KEY[:-1]).status == 401


def test_a_one_time_link_is_the_first_browsers(house: House) -> None:
    assert house.get("once").status == 403
    with house.browser("once") as first, house.browser("once") as second:
        assert first.get("/").headers["location"] == "/.doorstep/login"
        assert second.get("/").headers["location"] == "/.doorstep/login"  # looking takes nothing
        assert log_in(first).status_code == 303
        assert first.get("/").status_code == 200
        assert second.get("/").status_code == 410
        assert second.get("/.doorstep/login").status_code == 410


# -- changed while it lives ----------------------------------------------------------------------


def drained(download: socket.socket) -> None:
    """Read until the end. Raises `ConnectionResetError` when it is cut."""
    while download.recv(65536):
        pass


@contextlib.contextmanager
def endless(house: House, name: str) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", house.relay.port), 20) as reader:
        reader.sendall(f"GET /endless HTTP/1.1\r\nHost: {name}.localhost\r\n\r\n".encode())
        assert reader.recv(100).startswith(b"HTTP/1.1 200")
        yield reader


@pytest.mark.parametrize("by", ["api", "command"])
def test_row_04_a_new_policy_holds_at_once_also_for_who_is_inside(
    house: House, by: str, tmp_path: Path
) -> None:
    file = tmp_path / "policy.json"
    file.write_text(json.dumps({"password": PASSWORD}))

    def close() -> None:
        if by == "api":
            house.set("moving", password=PASSWORD)
        else:
            house.relay.cli("share", "policy", "moving", "--set", str(file))

    took = seconds_until_all_are_outside(house, close)
    if took >= 1:  # this machine may stand still for that long, and not twice
        took = seconds_until_all_are_outside(house, close)
    assert took < 1
    assert house.get("moving").status == 401
    assert house.get("moving", headers=basic(PASSWORD)).status == 200


def seconds_until_all_are_outside(house: House, close: Callable[[], None]) -> float:
    """How long a WebSocket and a download live on after the link was closed to their visitors."""
    house.set("moving")
    where = f"ws://moving.localhost:{house.relay.port}/ws"
    with (
        endless(house, "moving") as download,
        socket.create_connection(("127.0.0.1", house.relay.port)) as sock,
        connect(where, sock=sock, proxy=None) as inside,
    ):
        inside.send("still here")
        assert inside.recv(20) == "still here"
        close()
        began = time.monotonic()
        with pytest.raises(ConnectionClosed):
            inside.recv(20)
        with pytest.raises(ConnectionResetError):
            drained(download)
        return time.monotonic() - began


def test_who_may_stay_stays(house: House) -> None:
    house.set("moving")
    with endless(house, "moving") as download:
        house.set("moving", networks=["127.0.0.0/8"], interstitial=True)
        until = time.monotonic() + 0.6
        while time.monotonic() < until:
            assert download.recv(65536)
        assert house.api("PATCH", "/shares/moving/policy", {"ends": time.time() + 0.5}).status_code == 200
        with pytest.raises(ConnectionResetError):
            drained(download)
    assert house.get("moving").status == 410
    answer = house.api("PATCH", "/shares/moving/policy", {"ends": None, "key": True}).json()
    assert house.get("moving", f"/?k={answer['new_key']}").status == 200
    assert house.api("DELETE", "/shares/moving/policy").status_code == 204
    assert house.get("moving").status == 200


def test_row_04_a_policy_outlives_the_client_that_asked_for_it(house: House) -> None:
    with client(house.relay, house.token, name="lasting", password=PASSWORD) as running:
        assert house.get("lasting").status == 401
        running.process.kill()
    wait_for(lambda: house.get("lasting").status == 503, 15, what="the link to be offline")
    with client(house.relay, house.token, name="lasting"):
        assert house.get("lasting").status == 401


# -- row 26: telling people where a page comes from ------------------------------------------------


@pytest.mark.parametrize(
    ("method", "fields", "shown"),
    [
        ("GET", BROWSER, True),
        ("GET", {"Accept": "text/html", "User-Agent": "Mozilla/5.0 (old Safari)"}, True),
        ("GET", {"Accept": "text/html", "User-Agent": "curl/8"}, False),
        ("GET", {"Accept": "text/html"}, False),
        ("GET", {"Accept": "*/*", "User-Agent": "Mozilla/5.0"}, False),
        ("GET", {}, False),
        ("GET", BROWSER | {"Sec-Fetch-Dest": "iframe"}, False),
        ("GET", BROWSER | {"Sec-Fetch-Dest": "embed"}, False),
        ("GET", BROWSER | {"Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty"}, False),
        ("GET", BROWSER | {"Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"}, False),
        ("GET", BROWSER | {"Doorstep-Skip-Interstitial": "1"}, False),
        ("HEAD", BROWSER, False),
        ("POST", BROWSER, False),
        ("PUT", BROWSER, False),
        ("OPTIONS", BROWSER, False),
    ],
)
def test_row_26_only_a_browsers_own_page_is_held_up(
    house: House, method: str, fields: dict[str, str], shown: bool
) -> None:
    house.set("plain", interstitial=True)
    answer = house.get("plain", "/a?b=1", method=method, headers=fields)
    assert answer.header("Location") == ("/.doorstep/welcome?next=/a%3Fb%3D1" if shown else None)
    assert answer.status == (303 if shown else 200)


def test_row_26_a_person_is_told_once_and_websockets_never(house: House) -> None:
    house.set("plain", interstitial=True)
    with house.browser("plain") as browser:
        page = browser.get("/", follow_redirects=True)
        assert "somebody&#x27;s own computer" in page.text
        token = re.search(r'name="token" value="(\w+)"', page.text)
        assert token is not None
        done = browser.post("/.doorstep/welcome", data={"token": token[1], "next": "/a"})
        assert done.headers["location"] == "/a"
        assert browser.get("/a").status_code == 200
    with (
        socket.create_connection(("127.0.0.1", house.relay.port)) as sock,
        connect(f"ws://plain.localhost:{house.relay.port}/ws", sock=sock, proxy=None) as inside,
    ):
        inside.send("x")
        assert inside.recv(20) == "x"
    house.set("plain")


# -- reports, and row 17 ---------------------------------------------------------------------------


def test_row_17_what_visitors_write_runs_nowhere_and_reaches_the_admins(house: House) -> None:
    hostile = "<script>alert(1)</script>\x1b[2J\n'\"&"
    with house.browser("plain") as browser:
        form = browser.get("/.doorstep/report")
        token = re.search(r'name="token" value="(\w+)"', form.text)
        assert token is not None
        data = {"token": token[1], "kind": "", "text": hostile, "contact": '"><script>'}
        again = browser.post("/.doorstep/report", data=data)
        assert again.status_code == 422
        assert "<script" not in again.text
        assert "default-src 'none'" in again.headers["content-security-policy"]
        done = browser.post("/.doorstep/report", data=data | {"kind": "phishing"})
        assert done.status_code == 200
    (report,) = house.api("GET", "/reports", token=house.admin).json()["reports"]
    assert (report["name"], report["kind"], report["address"]) == ("plain", "phishing", "127.0.0.1")
    assert "\x1b" not in report["text"]
    assert "<script>alert" in house.relay.cli("report", "list", "--json")
    assert house.api("GET", "/reports").status_code == 403
    assert house.api("POST", f"/reports/{report['id']}/close", {}, house.token).status_code == 403
    closed = house.api("POST", f"/reports/{report['id']}/close", {"outcome": "gone"}, house.admin)
    assert closed.json()["closed_by"] == "account:root"
    assert house.api("POST", f"/reports/{report['id']}/close", {}, house.admin).status_code == 404
    assert house.api("GET", "/reports", token=house.admin).json() == {"reports": [], "next": None}


def test_a_link_that_is_gone_is_reported_at_the_relays_own_host(house: House) -> None:
    fields = {"Host": "localhost", **BROWSER}
    somebody = httpx.HTTPTransport(local_address="127.0.5.1")  # who has reported nothing yet
    with httpx.Client(base_url=house.relay.url, headers=fields, transport=somebody) as browser:
        token = re.search(r'name="token" value="(\w+)"', browser.get("/.doorstep/report").text)
        assert token is not None
        data = {"token": token[1], "kind": "malware", "link": "https://Gone.localhost:1/x?y"}
        for expected in (200, 200, 200, 200, 200, 429):
            answer = browser.post("/.doorstep/report", content=urlencode(data), headers=_FORM)
            assert answer.status_code == expected
    listed = house.relay.cli("report", "list")
    assert "gone" in listed
    number = re.search(r"^(\d+) ", listed, re.MULTILINE)
    assert number is not None
    house.relay.cli("report", "close", number[1], "--outcome", "it was gone")


_FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def test_row_13_the_relays_own_paths_on_a_links_host_are_its_pages_alone(house: House) -> None:
    for path in (
        "/.doorstep/session",
        "/.doorstep/oidc",
        "/.doorstep/loginx",
        "/.doorstep/",
        "/.doorstep/login/x",
    ):
        assert house.get("plain", path).status == 404
    for path in ("/api/v1/shares", "/healthz", "/sign-in"):
        assert house.get("plain", path).json()["path"] == path  # the app's, not the relay's


def test_no_answer_of_a_link_is_for_search_engines_unless_its_owner_says_so(house: House) -> None:
    assert house.get("plain").header("X-Robots-Tag") == "noindex"
    house.set("plain", index=True)
    assert house.get("plain").header("X-Robots-Tag") is None
    house.set("plain")
    assert house.get("plain", "/robots.txt").json()["path"] == "/robots.txt"


def test_an_app_is_launched_with_a_password_for_its_link(house: House) -> None:
    source = """
        import time
        import doorstep as ds
        demo = ds.Interface(str.upper, "text", "text")
        demo.launch(share=True, name="launched", share_password="sesame", prevent_thread_lock=True)
        time.sleep(600)
    """
    env = {"DOORSTEP_RELAY": house.relay.url, "DOORSTEP_TOKEN": house.token}
    with run_script(textwrap.dedent(source), env=env) as script:
        script.wait_for_line(r"public URL: (\S+)")
        assert house.get("launched", "/config").status == 401
        assert house.get("launched", "/config", headers=basic("sesame")).status == 200
