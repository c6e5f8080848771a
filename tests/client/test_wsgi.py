"""A WSGI app behind a link."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from typing import Any
from wsgiref.validate import validator

import pytest
from flask import Flask, request

from doorstep_client.targets import make_target
from tests.client.tunnels import ask, running, to_the_end, tunnel_to
from tests.support import eventually

FORWARDED = "X-Forwarded-For: 203.0.113.9\nX-Forwarded-Host: a.b\nX-Forwarded-Proto: https"


async def test_a_flask_app_sees_the_visitor_and_the_links_address() -> None:
    app = Flask("app")

    @app.post("/<name>")
    def facts(name: str) -> dict[str, Any]:
        body = request.get_data(as_text=True)
        return {"name": name, "url": request.url, "from": request.remote_addr, "body": body}

    async with running(make_target(app)) as target, tunnel_to(target) as tunnel:
        head = f"POST /%C3%BC?a=b HTTP/1.1\nHost: a.b:8443\nContent-Length: 5\n{FORWARDED}"
        status, body = await ask(tunnel, head, b"hello")

    assert status.startswith("HTTP/1.1 200 OK")
    assert app.json.loads(body) == {
        "name": "ü", "url": "https://a.b:8443/ü?a=b", "from": "203.0.113.9", "body": "hello",
    }  # fmt: skip


async def test_the_standard_librarys_validator_has_nothing_to_say() -> None:
    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        body = environ["wsgi.input"].read(5) + environ["wsgi.input"].readline(3)
        write = start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "9")])
        write(b"+")
        return [body]

    checked = validator(app)

    def asked_as_said(environ: dict[str, Any], start_response: Any) -> Any:
        return checked(environ, start_response)  # it takes anything, and complains

    asked = make_target(asked_as_said)
    async with running(asked) as target, tunnel_to(target) as tunnel:
        _, body = await ask(tunnel, "POST / HTTP/1.1\nHost: a.b\nContent-Length: 10", b"hello, you")

    assert body == b"+hello, y"


async def test_cookies_are_joined_as_cookies_and_a_field_with_an_underscore_is_nobodys() -> None:
    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        body = f"{environ['HTTP_COOKIE']}|{environ['HTTP_X_FORWARDED_FOR']}|{environ['HTTP_ACCEPT']}".encode()
        start_response("200 OK", [("Content-Length", str(len(body)))])
        return [body]

    async with running(make_target(app)) as target, tunnel_to(target) as tunnel:
        fields = "Cookie: a=1\nCookie: b=2\nAccept: x\nAccept: y\nX_Forwarded_For: 127.0.0.1"
        _, body = await ask(tunnel, f"GET / HTTP/1.1\nHost: a.b\n{fields}\n{FORWARDED}")

    assert body == b"a=1; b=2|203.0.113.9|x,y"


async def test_what_an_app_yields_leaves_at_once() -> None:
    more = threading.Event()

    def app(environ: dict[str, Any], start_response: Any) -> Iterator[bytes]:
        start_response("200 OK", [])
        yield b"first"
        more.wait(20)
        yield b"second"

    async with running(make_target(app)) as target, tunnel_to(target) as (reader, writer):
        writer.write(b"GET / HTTP/1.1\r\nHost: a.b\r\n\r\n")
        async with asyncio.timeout(20):
            await reader.readuntil(b"first")
            more.set()
            await reader.readuntil(b"second\r\n0\r\n\r\n")


async def test_an_endless_answer_ends_when_its_visitor_goes() -> None:
    closed = threading.Event()

    def app(environ: dict[str, Any], start_response: Any) -> Iterator[bytes]:
        start_response("200 OK", [])
        try:
            while True:
                yield b"x" * 1000
        finally:
            closed.set()

    async with running(make_target(app)) as target:
        async with tunnel_to(target) as (reader, writer):
            writer.write(b"GET / HTTP/1.1\r\nHost: a.b\r\n\r\n")
            await reader.readexactly(5000)
        await eventually(closed.is_set)


async def test_an_upload_that_breaks_off_is_an_error_for_the_app_not_the_end_of_its_body() -> None:
    errors: list[str] = []
    called = threading.Event()

    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        called.set()
        try:
            environ["wsgi.input"].read()
        except OSError as error:
            errors.append(type(error).__name__)
            raise
        return []

    async with running(make_target(app)) as target:
        async with tunnel_to(target) as (_, writer):
            writer.write(b"POST / HTTP/1.1\r\nHost: a.b\r\nContent-Length: 100\r\n\r\nhello")
            await eventually(called.is_set)
        await eventually(lambda: errors == ["ConnectionResetError"])


async def test_an_app_may_change_its_mind_until_the_first_byte() -> None:
    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        start_response("200 OK", [("Content-Length", "2")])
        try:
            raise ValueError
        except ValueError:
            import sys

            start_response("500 Oh", [("Content-Length", "2")], sys.exc_info())
        return [b"no"]

    async with running(make_target(app)) as target, tunnel_to(target) as tunnel:
        status, _ = await ask(tunnel, "GET / HTTP/1.1\nHost: a.b")

    assert status.startswith("HTTP/1.1 500 ")


async def test_a_crash_is_a_500(caplog: pytest.LogCaptureFixture) -> None:
    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        raise ZeroDivisionError

    async with running(make_target(app)) as target, tunnel_to(target) as (reader, writer):
        writer.write(b"GET / HTTP/1.1\r\nHost: a.b\r\n\r\n")
        assert (await to_the_end(reader)).startswith(b"HTTP/1.1 500 ")
    assert "ZeroDivisionError" in caplog.text


async def test_a_websocket_is_refused() -> None:
    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        raise AssertionError

    async with running(make_target(app)) as target, tunnel_to(target) as (reader, writer):
        writer.write(
            b"GET / HTTP/1.1\r\nHost: a.b\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        )
        assert (await reader.readline()).startswith(b"HTTP/1.1 403 ")
