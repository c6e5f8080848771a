"""Whoever answers is no relay, or none that answers: told in words."""

from __future__ import annotations

import pytest

from doorstep_client import wire
from doorstep_client.errors import UnreachableError, WireError
from doorstep_client.sessions import handshake
from doorstep_client.settings import RelaySettings
from tests.client.fakes import FakeRelay, FakeSession
from tests.client.sessions.held import held
from tests.support import free_port


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
    monkeypatch.setattr(handshake, "WELCOME_DEADLINE", 0.2)

    async def script(session: FakeSession) -> None:
        await session.over()

    async with FakeRelay(script) as relay, held(relay.settings()) as one:
        with pytest.raises(UnreachableError, match="agreed to, and nothing came through it"):
            await one.end()
