"""The edge asks a share's gate about each request, and what it says is done: byte for byte."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from doorstep_relay.domain.gate import Deny, Gate
from doorstep_relay.domain.passes import Identity, Pass, PassKey
from doorstep_relay.domain.policy import People, Policy
from tests.relay.edge.conftest import MakeStage
from tests.relay.edge.stage import GET, OK, SWITCHED, WEBSOCKET, Stage, request
from tests.support import eventually

KEYS = PassKey(b"s" * 32)
Tell = Callable[[Deny | None], None]


def guard(stage: Stage, *, interstitial: bool = False, **policy: Any) -> Gate:
    share = stage.share
    share.gate = Gate(share.share_id, share.name, Policy(**policy), KEYS, interstitial=interstitial)
    return share.gate


def cookie(stage: Stage, **shown: Any) -> str:
    given = Pass(time.time() + 60, **shown)
    return f"Cookie: a=1; doorstep-pass={KEYS.sign(stage.share.share_id, given)}"


class Doorman:
    """Compares passwords when the test says so."""

    def __init__(self, stage: Stage) -> None:
        self.asked: list[tuple[Gate, str, Tell]] = []
        stage.edge.ask_password = lambda gate, password, _, tell: self.asked.append((gate, password, tell))

    async def first(self) -> tuple[Gate, str, Tell]:
        """The first password that it was asked about."""
        await eventually(lambda: self.asked, what="a password to compare")
        return self.asked[0]


BASIC = "Authorization: Basic OnNlc2FtZQ=="  # :sesame


async def test_what_does_not_pass_never_reaches_the_app(stage: Stage) -> None:
    guard(stage, password="scrypt$")
    app = await stage.app()
    for asked in (GET, WEBSOCKET, request("/", "Content-Length: 3", method="POST") + b"abc"):
        answer = await (await stage.visitor(asked)).last_answer()
        assert answer.status == 401
        assert answer.header("Doorstep-Error") == "password-required"
    assert await app.silent()


async def test_each_request_of_a_connection_is_asked_about(stage: Stage) -> None:
    gate = guard(stage, password="scrypt$")
    shown = cookie(stage, password=gate.with_password(Pass(0), 0).password)
    app = await stage.app()
    visitor = await stage.visitor(request("/one", shown))
    head = await app.head()
    assert b"GET /one " in head
    assert b"Cookie: a=1\r\n" in head
    assert b"doorstep-pass" not in head
    await app.send(OK)
    assert (await visitor.answer()).status == 200
    await visitor.send(request("/two"))
    assert (await visitor.last_answer()).status == 401
    assert await app.silent()


async def test_the_app_learns_who_somebody_is_from_the_relay_alone(stage: Stage) -> None:
    guard(stage, oidc=People(domains=("*",)))
    who = Identity("ann@example.org\r\nX-Admin: yes", "sub ject", time.time() + 60)
    app = await stage.app()
    claims = ("X-Forwarded-Email: eve@evil.example", "X_Forwarded_User: eve", "x-forwarded-groups: admins")
    await stage.visitor(request("/", cookie(stage, who=who), *claims))
    head = await app.head()
    assert b"\r\nX-Forwarded-Email: ann@example.org??X-Admin:?yes\r\n" in head
    assert b"\r\nX-Forwarded-User: sub?ject\r\n" in head
    assert b"eve" not in head
    assert b"groups" not in head.lower()


async def test_nobody_says_who_they_are_on_a_link_without_a_gate(stage: Stage) -> None:
    app = await stage.app()
    await stage.visitor(request("/", "X-Forwarded-Email: a@b.c", "x-forwarded-user: a", "Doorstep-Key: k"))
    head = (await app.head()).lower()
    assert b"x-forwarded-email" not in head
    assert b"x-forwarded-user" not in head
    assert b"doorstep-key" not in head


async def test_a_password_is_compared_while_the_visitor_waits_with_its_body(stage: Stage) -> None:
    gate, doorman = guard(stage, password="scrypt$"), Doorman(stage)
    app = await stage.app()
    visitor = await stage.visitor(request("/", BASIC, "Content-Length: 6", method="POST") + b"abc")
    await visitor.send(b"def")
    asked, password, tell = await doorman.first()
    assert await app.silent()
    assert len(doorman.asked) == 1
    assert (asked, password) == (gate, "sesame")
    gate.prove("sesame")
    tell(None)
    head = await app.head()
    assert b"uthorization" not in head
    assert await app.exactly(6) == b"abcdef"


async def test_a_wrong_password_is_told_as_it_is(stage: Stage) -> None:
    guard(stage, password="scrypt$")
    doorman = Doorman(stage)
    visitor = await stage.visitor(request("/", BASIC))
    _, _, tell = await doorman.first()
    assert await visitor.silent()
    tell(Deny("too-many-tries", fields=(("Retry-After", "7"),)))
    answer = await visitor.last_answer()
    assert (answer.status, answer.header("Retry-After")) == (429, "7")


async def test_who_leaves_while_its_password_is_compared_is_forgotten(stage: Stage) -> None:
    gate, doorman = guard(stage, password="scrypt$"), Doorman(stage)
    visitor = await stage.visitor(request("/", BASIC))
    _, _, tell = await doorman.first()
    assert await visitor.silent()
    visitor.reset()
    await stage.empty()
    gate.prove("sesame")
    tell(None)
    assert stage.share.pool.waiting == 0


async def test_a_share_that_ends_meanwhile_is_gone(stage: Stage) -> None:
    gate, doorman = guard(stage, password="scrypt$"), Doorman(stage)
    visitor = await stage.visitor(request("/", BASIC))
    _, _, tell = await doorman.first()
    assert await visitor.silent()
    stage.board.disconnect(stage.share)
    stage.facts["demo"] = ("revoked", "")
    gate.prove("sesame")
    tell(None)
    assert (await visitor.last_answer()).status == 410


async def test_a_new_gate_ends_what_it_would_not_let_in(stage: Stage) -> None:
    visitor, app = await stage.pair(WEBSOCKET)
    await app.send(SWITCHED)
    await visitor.head()
    waiting, _ = await stage.pair(request("/slow"))
    line = await stage.visitor(request("/in-line"))
    await eventually(lambda: stage.share.pool.waiting == 1)
    guard(stage, networks=("127.0.0.0/8",), methods=("GET",))
    stage.edge.recheck(stage.share)
    assert await visitor.silent()
    guard(stage, networks=("192.0.2.0/24",))
    stage.edge.recheck(stage.share)
    assert await visitor.gone()
    for one in (waiting, line):
        answer = await one.last_answer()
        assert (answer.status, answer.header("Doorstep-Error")) == (403, "not-allowed")
    assert stage.share.pool.waiting == 0


async def test_who_came_by_a_key_in_the_url_stays_when_another_rule_changes(stage: Stage) -> None:
    from doorstep_relay.domain.credentials import hash_secret

    key = hash_secret("k" * 16)
    guard(stage, key=key)
    app = await stage.app()
    visitor = await stage.visitor(request("/ws?k=" + "k" * 16, *_UPGRADE))
    assert b"GET /ws HTTP/1.1" in await app.head()
    await app.send(SWITCHED)
    await visitor.head()
    guard(stage, key=key, networks=("127.0.0.0/8",), interstitial=True)
    stage.edge.recheck(stage.share)
    assert await visitor.silent()
    guard(stage, key=hash_secret("another"))
    stage.edge.recheck(stage.share)
    assert await visitor.gone()


_UPGRADE = ("Connection: Upgrade", "Upgrade: websocket")


async def test_a_link_behind_a_trusted_proxy_knows_the_visitors_network(make_stage: MakeStage) -> None:
    import ipaddress

    stage = await make_stage(trusted=[ipaddress.ip_network("127.0.0.1")])
    guard(stage, networks=("192.0.2.0/24",))
    app = await stage.app()
    await stage.visitor(request("/", "X-Forwarded-For: 203.0.113.9, 192.0.2.1"))
    assert b"X-Forwarded-For: 192.0.2.1\r\n" in await app.head()
    outside = await stage.visitor(request("/", "X-Forwarded-For: 192.0.2.1, 203.0.113.9"))
    assert (await outside.last_answer()).status == 403


@pytest.mark.parametrize("name", ["doorstep-pass", "__Host-doorstep-pass", "doorstep-form"])
async def test_an_app_hands_out_no_cookie_of_the_relays(stage: Stage, name: str) -> None:
    visitor, app = await stage.pair()
    await app.send(
        b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nSet-Cookie: %b=x\r\nSet-Cookie: own=1\r\n\r\n"
        % name.encode()
    )
    head = await visitor.head()
    assert head.count(b"Set-Cookie") == 1
    assert b"own=1" in head


async def test_every_answer_gets_the_marks_of_its_share(stage: Stage) -> None:
    stage.share.marks = b"X-Robots-Tag: noindex\r\n"
    visitor, app = await stage.pair()
    await app.send(OK)
    assert (await visitor.answer()).header("X-Robots-Tag") == "noindex"
