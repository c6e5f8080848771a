"""Opening a share: what is asked for, what is granted, and refusals."""

from __future__ import annotations

from pathlib import Path

import pytest

from doorstep_client import wire
from doorstep_client.errors import RefusedError
from tests.client.fakes import FakeRelay, FakeSession, stay
from tests.client.sessions.held import held


async def test_a_session_shows_its_token_in_a_header_and_asks_for_what_the_user_wants() -> None:
    async with FakeRelay(stay) as relay, held(relay.settings("tok"), name="hello", expires_in=60.0) as one:
        await one.saw("opened")
        head = relay.sessions[0].head.decode()

    assert head.startswith("GET /.doorstep/session HTTP/1.1\r\n")
    assert "Authorization: Bearer tok\r\n" in head
    assert "Sec-WebSocket-Protocol: doorstep.v1\r\n" in head
    assert "tok" not in head.splitlines()[0]


async def test_without_a_token_no_authorization_is_sent_not_even_one_from_netrc(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine localhost login me password secret\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))

    async with FakeRelay(stay) as relay, held(relay.settings()) as one:
        await one.saw("opened")
        assert b"uthorization" not in relay.sessions[0].head


async def test_what_the_user_wants_is_asked_for_and_what_the_relay_grants_is_known() -> None:
    asked: list[wire.Open] = []

    async def script(session: FakeSession) -> None:
        await session.welcome()
        asked.append(await session.open(expires_at=2e9, dial=2))
        await session.over()

    async with FakeRelay(script) as relay, held(relay.settings(), name="hello", expires_in=60.0) as one:
        await one.saw("opened")
        assert asked == [wire.Open(0, "hello", 60.0, None)]
        assert one.holder.opened is not None
        assert one.holder.expires_at == 2e9
        await relay.tunnel()
        await relay.tunnel()


async def test_dial_brings_more_tunnel_connections_with_its_own_ticket() -> None:
    async def script(session: FakeSession) -> None:
        await session.welcome()
        await session.open(dial=1)
        await session.send(wire.Dial(0, 2, "ticket-2"))
        await session.over()

    async with FakeRelay(script) as relay, held(relay.settings()):
        for _ in range(3):
            await relay.tunnel()

    tickets = sorted(head.partition(b"Doorstep ")[2].split(b"\r\n")[0] for head in relay.tunnel_heads)
    assert tickets == [b"ticket-1", b"ticket-2", b"ticket-2"]


async def test_a_refusal_that_comes_with_the_welcome_and_the_goodbye_is_heard() -> None:
    """The relay has hung up before the client could ask for its share: that is not the reason to tell."""

    async def script(session: FakeSession) -> None:
        await session.say_at_once(wire.Welcome(30.0), wire.Error("bad-token", "revoked", fatal=True))
        await session.over()

    async with FakeRelay(script) as relay, held(relay.settings("t0ken")) as one:
        await one.end()

    assert isinstance(one.holder.error, RefusedError)
    assert one.holder.error.code == "bad-token"


@pytest.mark.parametrize("code", ["bad-token", "name-taken", "revoked", "something-new"])
async def test_a_refusal_for_good_ends_it_with_the_relays_words(code: str) -> None:
    async def script(session: FakeSession) -> None:
        await session.welcome()
        await session.expect(wire.Open)
        await session.send(wire.Error(code, "no \x1b[31mway", fatal=True, share=0))
        await session.over()

    async with FakeRelay(script) as relay, held(relay.settings("t0ken")) as one:
        await one.end()

    assert isinstance(one.holder.error, RefusedError)
    assert one.holder.error.code == code
    told = f"The relay {relay.url} refused the token: no [31mway" if code == "bad-token" else "No [31mway"
    assert str(one.holder.error) == told
    assert one.events == ["ended"]
    assert len(relay.sessions) == 1


async def test_a_refused_token_is_told_before_any_welcome() -> None:
    async def script(session: FakeSession) -> None:
        await session.send(wire.Error("bad-token", "not valid", fatal=True))
        await session.over()

    async with FakeRelay(script) as relay, held(relay.settings("wrong")) as one:
        await one.end()

    assert isinstance(one.holder.error, RefusedError)
