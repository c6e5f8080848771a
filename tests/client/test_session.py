"""The client's side of a session, against a relay that follows a script."""

from __future__ import annotations

import asyncio
import base64
import datetime
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import trustme

from doorstep_client import session as sessions
from doorstep_client import wire
from doorstep_client.errors import DoorstepError, EndedError, RefusedError, UnreachableError, WireError
from doorstep_client.holder import Holder
from doorstep_client.network import dial as dialling
from doorstep_client.pace import Pace
from doorstep_client.settings import RelaySettings
from doorstep_client.targets import AppTarget
from tests.client.fakes import FakeRelay, FakeSession, Script, hello_app, opened, stay
from tests.client.proxy import ConnectProxy
from tests.support import eventually, free_port


@pytest.fixture(autouse=True)
def quick_retries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Pace, "after", lambda *_, **__: 0.02)


class Held:
    """A holder that runs, and what it told."""

    def __init__(self, relay: RelaySettings, **options: Any) -> None:
        self.events: list[str] = []
        self.target = AppTarget(hello_app, lifespan=False)
        wanted: dict[str, Any] = {"name": None, "expires_in": None} | options
        self.holder = Holder(relay, self.target, changed=self.events.append, **wanted)
        self.task = asyncio.ensure_future(self.holder.run())

    async def end(self) -> None:
        """Wait until it ends by itself."""
        async with asyncio.timeout(10):
            await self.task

    async def saw(self, *events: str) -> None:
        wanted = list(events)
        await eventually(lambda: self.events[: len(events)] == wanted or self.task.done(), what=f"{wanted}")
        assert self.events[: len(events)] == wanted, (self.events, self.task)


@asynccontextmanager
async def held(relay: RelaySettings, **options: Any) -> AsyncIterator[Held]:
    one = Held(relay, **options)
    try:
        yield one
    finally:
        one.task.cancel()
        await asyncio.gather(one.task, return_exceptions=True)
        await one.target.stop()


# -- opening ---------------------------------------------------------------------------------------


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


async def test_a_server_that_is_no_relay_is_told_as_such() -> None:
    answer = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
    async with FakeRelay(answer=answer) as relay, held(relay.settings()) as one:
        with pytest.raises(UnreachableError, match="does not answer as a Doorstep relay.*404") as caught:
            await one.end()

    assert relay.url in str(caught.value)


async def test_a_server_that_speaks_no_http_is_told_as_such() -> None:
    async with FakeRelay(answer=b"SSH-2.0-OpenSSH_9.2\r\n") as relay, held(relay.settings()) as one:
        with pytest.raises(UnreachableError, match="Cannot reach the relay"):
            await one.end()


@pytest.mark.parametrize("location", ["http://evil.test/", "https://localhost/x"])
async def test_a_redirect_is_not_followed(location: str) -> None:
    answer = f"HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n".encode()
    async with FakeRelay(answer=answer) as relay, held(relay.settings("tok")) as one:
        with pytest.raises(UnreachableError, match=f"redirects to {location}"):
            await one.end()


async def test_nobody_there_is_told_in_plain_words() -> None:
    settings = RelaySettings("http://localhost:1", "localhost", free_port(), tls=False)
    nobody = RelaySettings(f"http://localhost:{settings.port}", "localhost", settings.port, tls=False)
    async with held(nobody) as one:
        with pytest.raises(UnreachableError, match="Cannot reach the relay .*: nothing listens"):
            await one.end()


async def test_a_relay_that_does_not_begin_with_welcome_speaks_another_protocol() -> None:
    async def script(session: FakeSession) -> None:
        await session.send(wire.Pong())
        await session.over()

    async with FakeRelay(script) as relay, held(relay.settings()) as one:
        with pytest.raises(WireError, match="Welcome"):
            await one.end()


async def test_a_relay_that_says_nothing_at_all_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "WELCOME_DEADLINE", 0.2)

    async def script(session: FakeSession) -> None:
        await session.over()

    async with FakeRelay(script) as relay, held(relay.settings()) as one:
        with pytest.raises(UnreachableError, match="no answer in time"):
            await one.end()


# -- TLS and proxies -------------------------------------------------------------------------------


async def test_a_session_over_tls_is_verified(trusted: trustme.CA, server_tls: Callable[..., Any]) -> None:
    async with (
        FakeRelay(stay, tls=server_tls("localhost")) as relay,
        held(relay.settings()) as one,
    ):
        await one.saw("opened")


def _expired(server_tls: Callable[..., ssl.SSLContext]) -> ssl.SSLContext:
    past = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
    return server_tls("localhost", not_before=past, not_after=past + datetime.timedelta(days=1))


@pytest.mark.parametrize(
    ("flaw", "told"),
    [("name", "not valid for 'localhost'"), ("age", "certificate has expired"), ("ca", "issuer|self-signed")],
)
async def test_a_relay_with_a_wrong_certificate_is_refused_with_the_reason(
    request: pytest.FixtureRequest, server_tls: Callable[..., ssl.SSLContext], flaw: str, told: str
) -> None:
    if flaw == "ca":
        dialling.tls_context.cache_clear()
    else:
        request.getfixturevalue("trusted")
    tls = (
        _expired(server_tls) if flaw == "age" else server_tls("other.test" if flaw == "name" else "localhost")
    )

    async with FakeRelay(stay, tls=tls) as relay, held(relay.settings("tok")) as one:
        with pytest.raises(UnreachableError, match=f"certificate is not to be trusted: .*({told})") as caught:
            await one.end()

    assert relay.sessions == []
    assert "0x" not in str(caught.value)


async def test_https_towards_a_plain_relay_suggests_http() -> None:
    server = await asyncio.start_server(_plain_http, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server, held(RelaySettings(f"https://localhost:{port}", "localhost", port, tls=True)) as one:
        with pytest.raises(UnreachableError, match="http:// address"):
            await one.end()


async def _plain_http(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(1)
    writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    await writer.drain()
    writer.close()


async def test_the_session_and_its_tunnels_go_through_the_proxy(
    trusted: trustme.CA, server_tls: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def script(session: FakeSession) -> None:
        await session.welcome()
        await session.open(dial=1, host="hello.share.test")
        await session.over()

    tls = server_tls("share.test", "*.share.test")
    async with FakeRelay(script, tls=tls) as relay, ConnectProxy(user="me", password="p@ss") as proxy:
        monkeypatch.setenv("https_proxy", f"http://me:p%40ss@127.0.0.1:{proxy.port}")
        settings = RelaySettings(f"https://share.test:{relay.port}", "share.test", relay.port, tls=True)
        async with held(settings) as one:
            await one.saw("opened")
            await relay.tunnel()

    assert [head.split("\r\n")[0] for head in proxy.asked] == [
        f"CONNECT share.test:{relay.port} HTTP/1.1"
    ] * 2
    assert all(base64.b64encode(b"me:p@ss").decode() in head for head in proxy.asked)


async def test_a_proxy_that_refuses_is_told_as_such(monkeypatch: pytest.MonkeyPatch) -> None:
    async with ConnectProxy(user="me", password="p") as proxy:
        monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{proxy.port}")
        async with held(RelaySettings("https://share.test", "share.test", 443, tls=True)) as one:
            with pytest.raises(UnreachableError, match="407"):
                await one.end()


async def test_a_relay_on_this_computer_is_reached_without_the_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{free_port()}")
    async with FakeRelay(stay) as relay, held(relay.settings()) as one:
        await one.saw("opened")


# -- losing the relay and coming back --------------------------------------------------------------


async def test_a_lost_session_comes_back_with_its_lease_and_without_asking_for_more_time() -> None:
    asked: list[wire.Open] = []

    async def first(session: FakeSession) -> None:
        await session.welcome()
        asked.append(await session.open(name="given", lease="lease-1"))
        session.drop()

    async def second(session: FakeSession) -> None:
        await session.welcome()
        asked.append(await session.open(name="given", lease="lease-1", epoch=2))
        await session.over()

    async with FakeRelay(first, second) as relay, held(relay.settings(), expires_in=60.0) as one:
        await one.saw("opened", "lost", "opened")

    assert asked == [wire.Open(0, None, 60.0, None), wire.Open(0, "given", None, "lease-1")]


async def test_a_silent_relay_is_left_after_two_heartbeats() -> None:
    async def silent(session: FakeSession) -> None:
        await session.welcome(heartbeat=0.5)
        await session.open()
        await session.over()

    async with FakeRelay(silent, stay) as relay, held(relay.settings()) as one:
        began = asyncio.get_running_loop().time()
        await one.saw("opened", "lost", "opened")

        assert 1.0 <= asyncio.get_running_loop().time() - began < 4


async def test_pings_come_every_heartbeat_and_pongs_keep_the_session() -> None:
    pings = 0

    async def script(session: FakeSession) -> None:
        nonlocal pings
        await session.welcome(heartbeat=0.4)
        await session.open()
        while not session.closed.is_set():
            assert isinstance(await session._frames.get(), wire.Ping)
            pings += 1
            await session.send(wire.Pong())

    async with FakeRelay(script) as relay, held(relay.settings()) as one:
        await eventually(lambda: pings >= 4)
        assert one.events == ["opened"]
        assert len(relay.sessions) == 1


async def test_visitors_are_cut_when_the_session_is_lost() -> None:
    async def first(session: FakeSession) -> None:
        await session.welcome()
        await session.open(dial=1)
        await lost.wait()
        session.drop()

    lost = asyncio.Event()
    async with FakeRelay(first, stay) as relay, held(relay.settings()) as one:
        reader, _ = await relay.tunnel()
        await eventually(lambda: one.target.connections == 1)
        lost.set()

        assert await reader.read() == b""
        await one.saw("opened", "lost", "opened")


async def test_goaway_and_a_goodbye_make_it_connect_again() -> None:
    async def leaving(session: FakeSession) -> None:
        await session.welcome()
        await session.open()
        await session.say_at_once(wire.Goaway())

    async with FakeRelay(leaving, stay) as relay, held(relay.settings()) as one:
        await one.saw("opened", "lost", "opened")


async def test_a_refusal_that_may_pass_is_tried_again() -> None:
    async def first(session: FakeSession) -> None:
        await session.welcome()
        await session.open()
        session.drop()

    async def busy(session: FakeSession) -> None:
        await session.welcome()
        await session.expect(wire.Open)
        await session.send(wire.Error("busy", "later", share=0))
        await session.over()

    async with FakeRelay(first, busy, busy, stay) as relay, held(relay.settings()) as one:
        await one.saw("opened", "lost", "waiting", "waiting", "opened")


def telling(told: list[dict[str, bool]]) -> Callable[..., float]:
    """A pace that writes down what it is asked, and hardly waits."""

    def after(_pace: Pace, **how: bool) -> float:
        told.append(how)
        return 0.01

    return after


@pytest.mark.parametrize(("held_for", "steady"), [(0.0, False), (0.2, True)])
async def test_only_a_session_that_held_for_long_is_followed_by_another_at_once(
    monkeypatch: pytest.MonkeyPatch, held_for: float, steady: bool
) -> None:
    told: list[dict[str, bool]] = []
    monkeypatch.setattr("doorstep_client.line.STEADY", 0.1)
    monkeypatch.setattr(Pace, "after", telling(told))

    async def dropping(session: FakeSession) -> None:
        await session.welcome()
        await session.open()
        await asyncio.sleep(held_for)
        session.drop()

    async with FakeRelay(dropping) as relay, held(relay.settings()):
        await eventually(lambda: len(told) >= 2)

    assert told[:2] == [{"steady": steady, "refused": False}] * 2


async def test_a_relay_that_restarts_is_seen_to_refuse(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[dict[str, bool]] = []
    monkeypatch.setattr(Pace, "after", telling(told))
    async with FakeRelay(stay) as relay, held(relay.settings()) as one:
        await one.saw("opened")
        relay._server.close()
        (await relay.session(0)).drop()
        await eventually(lambda: len(told) >= 3)

    assert [how["refused"] for how in told[:3]] == [False, True, True]


async def test_a_relay_that_names_a_time_is_not_asked_before_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Pace, "after", lambda *_, **__: 0.0)

    async def first(session: FakeSession) -> None:
        await session.welcome()
        await session.open()
        session.drop()

    async def busy(session: FakeSession) -> None:
        await session.welcome()
        await session.expect(wire.Open)
        await session.send(wire.Error("too-many", "later", share=0, retry_after=0.5))
        await session.over()

    async with FakeRelay(first, busy, stay) as relay, held(relay.settings()) as one:
        await one.saw("opened", "lost", "waiting")
        began = asyncio.get_running_loop().time()
        await one.saw("opened", "lost", "waiting", "opened")
        assert asyncio.get_running_loop().time() - began >= 0.4


# -- the end ---------------------------------------------------------------------------------------


def _ends(code: str, reason: str = "") -> Script:
    async def script(session: FakeSession) -> None:
        await session.welcome()
        await session.open(dial=1)
        await session.send(wire.Ended(0, code, reason))
        await session.over()

    return script


@pytest.mark.parametrize("code", ["expired", "revoked", "closed", "taken-over", "something-new"])
async def test_what_the_relay_ended_does_not_come_back(code: str) -> None:
    async with FakeRelay(_ends(code, "the reason\x1b[0m")) as relay, held(relay.settings()) as one:
        await one.end()

    assert isinstance(one.holder.error, EndedError)
    assert (one.holder.error.code, one.holder.error.reason) == (code, "the reason [0m")
    assert one.events == ["opened", "ended"]
    assert len(relay.sessions) == 1


async def test_a_relay_that_does_not_say_goodbye_cannot_hide_that_it_ended_the_share(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sessions, "CLOSE_DEADLINE", 0.2)

    async def rude(session: FakeSession) -> None:
        await session.welcome()
        await session.open()
        session._socket.receive_data = lambda _data: None  # type: ignore[method-assign, assignment]  # deaf from now on
        await session.send(wire.Ended(0, "revoked"))
        await session.over()

    async with FakeRelay(rude) as relay, held(relay.settings()) as one:
        await one.end()

    assert isinstance(one.holder.error, EndedError)
    assert len(relay.sessions) == 1


async def test_messages_about_a_share_that_is_not_ours_change_nothing() -> None:
    async def script(session: FakeSession) -> None:
        await session.welcome()
        await session.open()
        await session.send(wire.Ended(5, "revoked"))
        await session.send(wire.Error("limit", "no", fatal=True, share=5))
        await session.send(wire.Dial(5, 3, "t"))
        await session.send(wire.Expiring(0, 3e9))
        await session.over()

    async with FakeRelay(script) as relay, held(relay.settings()) as one:
        await one.saw("opened", "extended")

        assert one.holder.expires_at == 3e9
        assert relay.open_tunnels == 0


async def test_close_tells_the_relay_and_waits_for_its_word() -> None:
    async def script(session: FakeSession) -> None:
        await session.welcome()
        await session.open()
        assert await session.expect(wire.Close) == wire.Close(0)
        await session.send(wire.Ended(0, "closed"))
        await session.over()

    async with FakeRelay(script) as relay, held(relay.settings()) as one:
        await one.saw("opened")
        await one.holder.close()
        await one.holder.close()
        await one.end()

    assert one.holder.error is None
    assert one.events == ["opened", "ended"]


async def test_close_while_waiting_to_reconnect_is_over_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Pace, "after", lambda *_, **__: 60.0)

    async def script(session: FakeSession) -> None:
        await session.welcome()
        await session.open()
        session.drop()

    async with FakeRelay(script) as relay, held(relay.settings()) as one:
        await one.saw("opened", "lost")
        await one.holder.close()
        async with asyncio.timeout(1):
            await one.task

    assert one.events == ["opened", "lost", "ended"]


async def test_close_while_connecting_is_over_at_once() -> None:
    async def script(session: FakeSession) -> None:
        await session.over()

    async with FakeRelay(script) as relay, held(relay.settings()) as one:
        await relay.session(0)
        await one.holder.close()
        async with asyncio.timeout(1):
            await one.task

    assert one.holder.opened is None


async def test_close_before_the_first_step_is_over_at_once() -> None:
    async with FakeRelay(stay) as relay, held(relay.settings()) as one:
        await one.holder.close()
        async with asyncio.timeout(1):
            await one.task

    assert relay.sessions == []


# -- a relay that means harm -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "nonsense",
    [
        "hello",
        "{}",
        '{"type":"opened"}',
        '{"type":"pong","x":' + "[" * 20_000 + "]" * 20_000 + "}",
        '{"type":"pong","x":"' + "x" * wire.MAX_MESSAGE + '"}',
        '{"type":"dial","share":0,"count":-5,"ticket":"t"}',
        '{"type":"expiring","share":0,"expires_at":1e999}',
    ],
    ids=lambda text: text[:30],
)
async def test_nonsense_ends_the_session_not_the_client(nonsense: str) -> None:
    async def script(session: FakeSession) -> None:
        await session.welcome()
        await session.open()
        await session.send(nonsense)
        await session.over()

    async with FakeRelay(script, stay) as relay, held(relay.settings()) as one:
        await one.saw("opened", "lost", "opened")


@pytest.mark.parametrize("nonsense", ["hello", '{"type":"welcome","heartbeat":0}', "\ud800"])
async def test_nonsense_at_the_start_is_an_error_in_words(nonsense: str) -> None:
    async def script(session: FakeSession) -> None:
        await session.send(nonsense)
        await session.over()

    async with FakeRelay(script) as relay, held(relay.settings()) as one:
        with pytest.raises(DoorstepError, match=r"doorstep\.v1|Cannot reach"):
            await one.end()


async def test_a_share_is_opened_once_a_session() -> None:
    async def endless(session: FakeSession) -> None:
        await session.welcome()
        await session.open(dial=1)
        for number in range(1000):
            await session.send(opened(dial=1, name=f"n{number}"))
        await session.over()

    async with FakeRelay(endless, stay) as relay, held(relay.settings()) as one:
        await one.saw("opened", "lost", "opened")
        assert relay.open_tunnels <= 1


async def test_nothing_is_dialled_before_the_share_is_open() -> None:
    async def hasty(session: FakeSession) -> None:
        await session.welcome()
        await session.send(wire.Dial(0, 5, "t"))
        await session.over()

    async with FakeRelay(hasty) as relay, held(relay.settings()) as one:
        with pytest.raises(WireError, match="before it opened"):
            await one.end()
        assert relay.open_tunnels == 0


async def test_dials_beyond_every_bound_leave_the_client_working(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("doorstep_client.tunnel.most_tunnels", lambda: 8)

    async def greedy(session: FakeSession) -> None:
        await session.welcome()
        await session.open(dial=1_000_000)
        for _ in range(50):
            await session.send(wire.Dial(0, 1_000_000, "t"))
        await session.over()

    async with FakeRelay(greedy) as relay, held(relay.settings()) as one:
        reader, writer = await relay.tunnel()
        writer.write(b"GET / HTTP/1.1\r\nHost: hello.localhost\r\n\r\n")
        assert (await reader.readuntil(b"GET /")).startswith(b"HTTP/1.1 200 OK")
        await asyncio.sleep(0.2)

        assert relay.open_tunnels <= 8
        assert one.events == ["opened"]


async def test_the_user_is_told_when_no_visitor_can_be_served() -> None:
    async def script(session: FakeSession) -> None:
        await session.welcome()
        await session.open(dial=2)
        await session.over()

    refusing = b"HTTP/1.1 403 Forbidden\r\n\r\n"
    async with FakeRelay(script, tunnel_answer=refusing) as relay, held(relay.settings()) as one:
        await one.saw("opened", "failing")

        assert "403 Forbidden" in one.holder.failure


async def test_a_relay_whose_messages_wait_behind_what_it_carries_is_not_given_up() -> None:
    """Any byte is a sign of life: pongs may come late where the session carries a big answer."""

    async def script(session: FakeSession) -> None:
        await session.welcome(heartbeat=0.1)
        await session.open()
        for _ in range(10):
            session._socket.send_ping(b"")  # what is no message of ours
            await session._flush()
            await asyncio.sleep(0.1)
        await session.send(wire.Ended(0, "closed", "in the end"))
        await session.over()

    async with FakeRelay(script) as relay, held(relay.settings()) as one:
        await one.end()

    assert len(relay.sessions) == 1
    assert isinstance(one.holder.error, EndedError)
