"""The relay's edge against what systems of its kind fell to, on a real relay with a real client.

Each test is named after its row in the list of classes of vulnerability. What needs a scripted app
or a clock is in `tests/relay/edge`.
"""

from __future__ import annotations

import base64
import contextlib
import json
import random
import resource
import socket
import struct
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from websockets.sync.client import ClientConnection, connect

from doorstep_client import wire
from tests.support import Answer, Process, Relay, raw_request, run_relay, run_script, wait_for
from tests.support.http import is_whole, parse

APPS = """
import json
import time
from doorstep_client import share

SEEN = []

def make(name):
    async def app(scope, receive, send):
        if scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.accept"})
            while (event := await receive())["type"] == "websocket.receive":
                await send({"type": "websocket.send", "bytes": event["bytes"]})
            return
        if scope["type"] != "http":
            return
        SEEN.append(scope["path"])
        body = b""
        while True:
            event = await receive()
            if event["type"] == "http.disconnect":
                return
            body += event["body"]
            if not event["more_body"]:
                break
        told = {
            "app": name,
            "method": scope["method"],
            "path": scope["raw_path"].decode("latin-1"),
            "query": scope["query_string"].decode("latin-1"),
            "headers": [[k.decode("latin-1"), v.decode("latin-1")] for k, v in scope["headers"]],
            "client": scope["client"][0],
            "body": body.decode("latin-1"),
            "seen": SEEN,
        }
        headers = [(b"content-type", b"application/json")]
        if scope["path"] == "/cookies":
            headers += [(b"set-cookie", value.encode()) for value in json.loads(body)]
        answer = json.dumps(told).encode()
        headers.append((b"content-length", str(len(answer)).encode()))
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": answer})
    return app

links = [share(make(name), name=name) for name in ("alpha", "beta")]
print("ready", flush=True)
while True:
    time.sleep(3600)
"""


@pytest.fixture(scope="module")
def relay(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Relay]:
    """A relay with two links of one client, `alpha` and `beta`, that tell what reached them."""
    folder = tmp_path_factory.mktemp("edge")
    with run_relay(folder / "relay", "--head-timeout", "6s") as running:
        with run_script(APPS, env=running.client_env()) as client:
            client.wait_for_line("^ready$")
            yield running
        assert "Traceback" not in running.log


def ask(relay: Relay, request: bytes, *, half_close: bool = False, source: str = "127.0.0.1") -> Answer:
    """The first answer to exactly these bytes, on a connection that the relay then ends."""
    with socket.create_connection(("127.0.0.1", relay.port), 20, (source, 0)) as connection:
        connection.sendall(request)
        if half_close:
            connection.shutdown(socket.SHUT_WR)
        return parse(b"".join(iter(lambda: connection.recv(65536), b"")))


def head(
    *fields: str, line: str = "GET / HTTP/1.1", host: str | None = "alpha.localhost", close: bool = True
) -> bytes:
    named = [f"Host: {host}"] if host is not None else []
    closing = ["Connection: close"] if close else []
    return "\r\n".join([line, *named, *closing, *fields, "", ""]).encode("latin-1")


def told(
    relay: Relay, *fields: str, line: str = "GET / HTTP/1.1", body: bytes = b"", source: str = "127.0.0.1"
) -> Any:
    """What the app says that reached it."""
    answer = ask(relay, head(*fields, line=line) + body, source=source)
    assert answer.status == 200, answer.raw
    return answer.json()


def named(request: Any, name: str) -> list[str]:
    return [value for key, value in request["headers"] if key.lower() == name.lower()]


def seen(relay: Relay) -> list[str]:
    paths: list[str] = told(relay)["seen"]
    return paths


# -- tunnel connections --------------------------------------------------------------------------


class Client:
    """A client that speaks the protocol and does only what the test says."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self.receive(wire.Welcome)

    def receive(self, kind: type) -> Any:
        """The next message of that kind; others are ignored, as a hostile client would."""
        while True:
            message = wire.decode_from_relay(self._socket.recv(timeout=20))
            if isinstance(message, kind):
                return message

    def open(self, share: int = 1, **how: Any) -> Any:
        self._socket.send(wire.encode(wire.Open(share, **how)))
        return self.receive(wire.Opened)

    def refused(self, share: int = 1, **how: Any) -> str:
        self._socket.send(wire.encode(wire.Open(share, **how)))
        code: str = self.receive(wire.Error).code
        return code

    def close_share(self, share: int = 1) -> None:
        self._socket.send(wire.encode(wire.Close(share)))
        self.receive(wire.Ended)


@contextlib.contextmanager
def session(relay: Relay, token: str) -> Iterator[Client]:
    with connect(
        f"ws://127.0.0.1:{relay.port}{wire.SESSION_PATH}",
        subprotocols=[wire.SUBPROTOCOL],  # type: ignore[list-item]  # a name like others
        additional_headers={"Authorization": f"Bearer {token}"},
        proxy=None,
    ) as websocket:
        yield Client(websocket)


def dial(relay: Relay, host: str, *authorization: str) -> socket.socket:
    """A tunnel connection, upgraded or not: its answer is still to be read."""
    tunnel = socket.create_connection(("127.0.0.1", relay.port), 20)
    fields = [f"Authorization: {value}" for value in authorization]
    upgrade = ["Connection: Upgrade", f"Upgrade: {wire.TUNNEL_UPGRADE}"]
    tunnel.sendall(head(*upgrade, *fields, line=f"GET {wire.TUNNEL_PATH} HTTP/1.1", host=host, close=False))
    return tunnel


def dialled(relay: Relay, host: str, *authorization: str) -> int:
    """The status of a tunnel connection's answer."""
    with dial(relay, host, *authorization) as tunnel:
        return int(tunnel.recv(65536)[9:12])


def test_row_08_a_tunnel_connection_needs_the_ticket_of_its_own_share(relay: Relay) -> None:
    with session(relay, relay.token("eight")) as client:
        mine = client.open(1)
        other = client.open(2)
        good = f"Doorstep {mine.ticket}"
        assert dialled(relay, mine.host, good) == 101
        for bad in (
            [],
            ["Doorstep "],
            ["Doorstep x"],
            [f"Doorstep {mine.ticket[:-2]}"],
            [f"Doorstep {other.ticket}"],
            [f"Bearer {mine.ticket}"],
            [f"Basic {base64.b64encode(mine.ticket.encode()).decode()}"],
        ):
            assert dialled(relay, mine.host, *bad) == 403, bad
        assert dialled(relay, "alpha.localhost", good) == 403
        assert dialled(relay, "nobody.localhost", good) == 403


def test_row_08_a_ticket_of_an_older_epoch_or_an_ended_share_opens_nothing(relay: Relay) -> None:
    token = relay.token("eight-epochs")
    with session(relay, token) as client:
        first = client.open(1)
    with session(relay, token) as client:
        second = client.open(1, name=first.name, lease=first.lease)
        assert second.epoch > first.epoch
        assert dialled(relay, second.host, f"Doorstep {first.ticket}") == 403
        assert dialled(relay, second.host, f"Doorstep {second.ticket}") == 101
        client.close_share(1)
        assert dialled(relay, second.host, f"Doorstep {second.ticket}") == 403


# -- which share ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (head(line="GET http://beta.localhost/ HTTP/1.1"), 400),
        (head(line="GET http://alpha.localhost@beta.localhost/ HTTP/1.1"), 400),
        (head("Host: beta.localhost"), 400),
        (head("host: alpha.localhost"), 400),
        (head(host=None), 400),
        (head(host=""), 400),
        (head(host=None, line="GET / HTTP/1.0"), 400),
        (head(host="alpha.localhost,beta.localhost"), 400),
        (head(host="alpha.localhost\\@beta.localhost"), 400),
        (head(host="user@alpha.localhost"), 400),
        (head(host="alpha.localhost:80:80"), 400),
        (head(host="alpha.localhost/"), 400),
        (head(host="b\xc3\xbccher.localhost"), 400),
        (head(host="x" * 300), 400),
        (head(host="__proto__"), 404),
        (head(host="constructor.localhost"), 404),
        (head(host="__proto__.localhost"), 404),
        (head(host="xn--bcher-kva.localhost"), 404),
        (head(host="x.alpha.localhost"), 404),
        (head(host="alpha.localhost.evil.example"), 404),
        (head(host="alphalocalhost"), 404),
        (head(host=".localhost"), 404),
        (head(host="a" * 64 + ".localhost"), 404),
        (head(host="127.0.0.1"), 404),
        (head(host="[::1]"), 404),
    ],
)
def test_row_10_a_confusing_host_is_no_way_to_a_share(relay: Relay, request_: bytes, status: int) -> None:
    answer = ask(relay, request_.replace(b"GET / ", b"GET /no-such-path "))
    assert answer.status == status
    assert b'"app"' not in answer.body


@pytest.mark.parametrize(
    "host", ["ALPHA.localhost", "alpha.localhost.", "alpha.localhost:1", "Alpha.LocalHost.:80"]
)
def test_row_10_a_host_in_another_spelling_is_the_same_share(relay: Relay, host: str) -> None:
    assert ask(relay, head(host=host)).json()["app"] == "alpha"


def test_row_11_another_host_on_the_same_connection_is_refused(relay: Relay) -> None:
    raw = raw_request(relay.port, head(close=False) + head(host="beta.localhost"))
    first, _, second = raw.rpartition(b"HTTP/1.1 ")
    assert parse(first).json()["app"] == "alpha"
    assert second.startswith(b"421 ")
    assert b'"beta"' not in raw


# -- smuggling -----------------------------------------------------------------------------------

SMUGGLED = b"GET /smuggled HTTP/1.1\r\nHost: alpha.localhost\r\n\r\n"


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param(["Content-Length: 5", "Transfer-Encoding: chunked"], id="CL and TE"),
        pytest.param(["Transfer-Encoding: chunked", "Content-Length: 5"], id="TE and CL"),
        pytest.param(["Content-Length: 5", "Content-Length: 0"], id="two CL"),
        pytest.param(["Content-Length: 0", "Content-Length: 0"], id="two equal CL"),
        pytest.param(["content-length: 0", "CONTENT-LENGTH: 5"], id="two CL in other spellings"),
        pytest.param(["Content-Length: 0, 5"], id="a list of CL"),
        pytest.param(["Content-Length: +0"], id="a signed CL"),
        pytest.param(["Content-Length: 0x0"], id="a hexadecimal CL"),
        pytest.param(["Content-Length : 5"], id="space before the colon of CL"),
        pytest.param(["Transfer-Encoding : chunked"], id="space before the colon of TE"),
        pytest.param(["Transfer-Encoding: xchunked"], id="xchunked"),
        pytest.param(["Transfer-Encoding: gzip, chunked"], id="gzip, chunked"),
        pytest.param(["Transfer-Encoding: chunked, identity"], id="chunked, identity"),
        pytest.param(["Transfer-Encoding: identity", "Transfer-Encoding: chunked"], id="two TE"),
        pytest.param(["Transfer-Encoding:\x0bchunked"], id="vertical tab"),
        pytest.param(["Transfer-Encoding: \x00chunked"], id="NUL"),
        pytest.param(["Transfer-Encoding:", " chunked"], id="folded TE"),
        pytest.param(["X: y", " Transfer-Encoding: chunked"], id="folded line"),
        pytest.param(["X: y\nTransfer-Encoding: chunked"], id="bare LF"),
        pytest.param(["X: y\rTransfer-Encoding: chunked"], id="bare CR"),
        pytest.param(["Content-Length"], id="no colon"),
    ],
)
def test_row_12_a_request_of_doubtful_framing_ends_its_connection(relay: Relay, fields: list[str]) -> None:
    raw = raw_request(
        relay.port, head(*fields, line="POST / HTTP/1.1", close=False) + b"0\r\n\r\n" + SMUGGLED
    )
    assert parse(raw).status in (400, 501)
    assert raw.count(b"HTTP/1.1 ") == 1
    assert "/smuggled" not in seen(relay)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"5\nhello\r\n0\r\n\r\n", id="bare LF after a size"),
        pytest.param(b"5\r\nhello\n0\r\n\r\n", id="bare LF after a chunk"),
        pytest.param(b"5\r\nhelloXX0\r\n\r\n", id="a chunk end that is not read"),
        pytest.param(b"0\n\n", id="bare LF at the end"),
        pytest.param(b"0\r\r", id="bare CR at the end"),
        pytest.param(b"0x0\r\n\r\n", id="0x"),
        pytest.param(b"-0\r\n\r\n", id="negative"),
        pytest.param(b"0 \r\n\r\n", id="space after a size"),
        pytest.param(b"1;a\nb\r\nx\r\n0\r\n\r\n", id="LF in an extension"),
        pytest.param(b"F" * 17 + b"\r\n", id="a size that overflows"),
        pytest.param(b"0\r\nContent-Length: 60\r\n\r\n", id="CL as a trailer"),
        pytest.param(b"0\r\nTransfer-Encoding: chunked\r\n\r\n", id="TE as a trailer"),
        pytest.param(b"0\r\nX: y\n\n", id="bare LF in trailers"),
    ],
)
def test_row_12_a_body_of_doubtful_chunks_ends_its_connection(relay: Relay, body: bytes) -> None:
    start = head("Transfer-Encoding: chunked", line="POST / HTTP/1.1", close=False)
    raw = raw_request(relay.port, start + body + SMUGGLED)
    assert parse(raw).status == 400
    assert raw.count(b"HTTP/1.1 ") == 1
    assert "/smuggled" not in seen(relay)


def test_row_12_nobody_gets_the_answer_to_anothers_request(relay: Relay) -> None:
    """After each doubt the next visitors' answers are their own."""
    for number in range(20):
        doubt = head("Transfer-Encoding: chunked", line=f"POST /doubt-{number} HTTP/1.1", close=False)
        with socket.create_connection(("127.0.0.1", relay.port), 20) as connection:
            connection.sendall(doubt + b"5\r\nhelloXX")
        assert told(relay, line=f"GET /own-{number} HTTP/1.1")["path"] == f"/own-{number}"


# -- what is believed ----------------------------------------------------------------------------


def test_row_13_internal_fields_from_outside_are_stripped(relay: Relay) -> None:
    got = told(relay, "Doorstep-Visitor: admin", "doorstep-error: revoked", "DOORSTEP_NODE: evil")
    assert not [name for name, _ in got["headers"] if name.lower().replace("_", "-").startswith("doorstep-")]


@pytest.mark.parametrize("path", ["/.doorstep/session", "/.doorstep/tunnel", "/.doorstep/x", "/.doorstep/"])
def test_row_13_internal_paths_on_a_share_are_the_relays(relay: Relay, path: str) -> None:
    answer = ask(relay, head(line=f"GET {path} HTTP/1.1"))
    assert (answer.status, answer.header("Doorstep-Error")) == (404, "not-found")


SPOOFS = [
    "X-Forwarded-For: 6.6.6.6",
    "x-forwarded-for: 6.6.6.6",
    "X_Forwarded_For: 6.6.6.6",
    "X-Real-IP: 6.6.6.6",
    "X_Real_IP: 6.6.6.6",
    "Forwarded: for=6.6.6.6",
    "True-Client-IP: 6.6.6.6",
    "X-Client-IP: 6.6.6.6",
    "X-Forwarded-Host: 6.6.6.6",
    "X-Forwarded-Proto: 6.6.6.6",
]


def test_row_14_the_app_sees_the_visitor_and_not_what_it_says(relay: Relay) -> None:
    for source in ("127.0.0.1", "127.0.0.2"):
        got = told(relay, *SPOOFS, source=source)
        assert got["client"] == source
        assert named(got, "X-Forwarded-For") == [source]
        assert "6.6.6.6" not in json.dumps(got["headers"])


def test_row_14_connection_cannot_take_away_what_the_relay_says(relay: Relay) -> None:
    answer = ask(relay, head("Connection: close, x-forwarded-for, x-forwarded-host", close=False))
    assert answer.json()["client"] == "127.0.0.1"


@pytest.mark.parametrize("trailer", SPOOFS)
def test_row_14_a_trailer_cannot_forge_what_the_relay_says(relay: Relay, trailer: str) -> None:
    """uvicorn adds trailers to the headers, the last of which the client believed."""
    start = head("Transfer-Encoding: chunked", line="POST / HTTP/1.1")
    raw = raw_request(relay.port, start + f"0\r\n{trailer}\r\n\r\n".encode())
    assert b"6.6.6.6" not in raw
    assert raw.startswith(b"HTTP/1.1 400 ")


# -- where it leads ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "line",
    [
        "GET http://169.254.169.254/latest/meta-data/ HTTP/1.1",
        "GET https://169.254.169.254/ HTTP/1.1",
        "GET http://127.0.0.1:22/ HTTP/1.1",
        "GET file:///etc/passwd HTTP/1.1",
        "GET \\\\169.254.169.254\\x HTTP/1.1",
        "GET 169.254.169.254 HTTP/1.1",
        "CONNECT 169.254.169.254:80 HTTP/1.1",
        "CONNECT / HTTP/1.1",
    ],
)
def test_row_15_the_target_of_a_request_is_never_an_address(relay: Relay, line: str) -> None:
    answer = ask(relay, head(line=line))
    assert answer.status == 400
    assert b'"app"' not in answer.body


PATHS = [
    "//169.254.169.254/x",
    "/\\169.254.169.254/x",
    "/%2F",
    "/%2f..%2f",
    "/a/../b",
    "/a/./b/",
    "//",
    "/a//b",
    "/a;b=1;c",
    "/%00",
    "/%2e%2e/%2e%2e/etc/passwd",
    "/%ff%fe",
    "/%41%6C",
    "/a%20b+c",
    "/.doorstepx/y",
]


@pytest.mark.parametrize("path", PATHS)
def test_row_16_a_path_reaches_the_app_byte_for_byte(relay: Relay, path: str) -> None:
    got = told(relay, line=f"GET {path}?q=/../%2F;// HTTP/1.1")
    assert (got["path"], got["query"]) == (path, "q=/../%2F;//")


# -- slow, broken, too many ----------------------------------------------------------------------


def test_row_21_a_slow_head_is_answered_and_others_are_served_meanwhile(relay: Relay) -> None:
    slow = [socket.create_connection(("127.0.0.1", relay.port), 20) for _ in range(50)]
    for connection in slow[:25]:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: alpha.localhost\r\nX: ")
    begun = time.monotonic()
    assert min(_seconds_of_an_answer(relay) for _ in range(3)) < 1, "the quickest: the machine may be busy"
    for number, connection in enumerate(slow):
        first = connection.recv(65536)
        assert first.startswith(b"HTTP/1.1 408 ") if number < 25 else first == b""
        connection.close()
    assert time.monotonic() - begun < 15


def _seconds_of_an_answer(relay: Relay) -> float:
    begun = time.monotonic()
    assert told(relay)["app"] == "alpha"
    return time.monotonic() - begun


def test_row_21_the_relay_survives_the_end_of_its_descriptors(tmp_path: Path) -> None:
    with (
        run_relay(tmp_path / "relay", "--head-timeout", "30s") as relay,
        run_script(APPS, env=relay.client_env()) as client,
        _early(relay, client) as early,
    ):
        assert _asked_again(early).status == 200
        used = psutil.Process(relay.pid).num_fds()
        resource.prlimit(relay.pid, resource.RLIMIT_NOFILE, (used + 20, used + 20))
        hogs = [socket.create_connection(("127.0.0.1", relay.port), 20) for _ in range(100)]
        time.sleep(0.5)
        assert _asked_again(early).status == 200
        for hog in hogs:
            hog.close()
        assert wait_for(lambda: _answers(relay), what="the relay to accept again")
        assert psutil.Process(relay.pid).cpu_percent(0.5) < 50


@contextlib.contextmanager
def _early(relay: Relay, client: Process) -> Iterator[socket.socket]:
    """A visitor's connection, when the links are there."""
    client.wait_for_line("^ready$")
    with socket.create_connection(("127.0.0.1", relay.port), 20) as connection:
        yield connection


def _asked_again(connection: socket.socket) -> Answer:
    """One whole answer on a connection that stays; its body may come after its head."""
    connection.sendall(head(close=False))
    raw = b""
    while not is_whole(raw, "GET") and (data := connection.recv(65536)):
        raw += data
    return parse(raw)


def _answers(relay: Relay) -> bool:
    try:
        return ask(relay, head()).status == 200
    except (OSError, ValueError):
        return False


def test_row_22_no_first_bytes_crash_the_relay(relay: Relay) -> None:
    chance = random.Random(22)  # noqa: S311  # the same bytes every time
    firsts = [
        b"\x16\x03\x01\x00\xf8\x01\x00\x00\xf4\x03\x03" + bytes(240),
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.2p1\r\n",
        b"\x05\x01\x00",
        b"\x04\x01\x00\x50\x00\x00\x00\x01x\x00",
        b"PROXY TCP4 1.1.1.1 2.2.2.2 1 2\r\n",
        b"\r\n\r\n\x00\r\n\r\n",
        b"\x00" * 1000,
        b"\r" * 1000,
        b"\n" * 1000,
        *(chance.randbytes(chance.randrange(1, 200)) for _ in range(100)),
        *(b"GET " + chance.randbytes(chance.randrange(1, 200)) + b"\r\n\r\n" for _ in range(50)),
    ]
    for first in firsts:
        with contextlib.suppress(ConnectionError):
            raw = raw_request(relay.port, first, half_close=True)
            assert raw == b"" or parse(raw).status in (400, 404, 431, 505)
    assert told(relay)["app"] == "alpha"
    assert "Traceback" not in relay.log


def test_row_22_a_request_in_segments_of_one_byte_arrives_whole(relay: Relay) -> None:
    message = head("Transfer-Encoding: chunked", line="POST / HTTP/1.1") + b"5\r\nhello\r\n0\r\n\r\n"
    with socket.create_connection(("127.0.0.1", relay.port), 20) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in message:
            connection.sendall(bytes([byte]))
            time.sleep(0.0005)
        answer = parse(b"".join(iter(lambda: connection.recv(65536), b"")))
    assert answer.json()["body"] == "hello"


def test_row_24_floods_of_fields_and_cookies_are_refused_with_constant_memory(relay: Relay) -> None:
    fields = head("X-Flood: y\r\n" * 9_999 + "X-Flood: y")
    cookie = head("Cookie: a=" + "b" * 1_000_000)
    assert ask(relay, head(*["X-Flood: y"] * 500)).status == 431
    for flood in (fields, cookie):
        assert ask(relay, flood).status == 431
    process = psutil.Process(relay.pid)
    before = process.memory_info().rss
    for _ in range(30):
        for flood in (fields, cookie):
            ask(relay, flood)
    assert process.memory_info().rss - before < 4_000_000


# -- what apps say -------------------------------------------------------------------------------


def test_row_23_a_cookie_for_more_than_the_link_is_dropped(relay: Relay) -> None:
    wide = [
        "w1=1; Domain=localhost",
        "w2=1; domain=.LOCALHOST; Path=/",
        "w3=1; Domain=beta.localhost",
        "w4=1; Domain=alpha.localhost; Domain=localhost",
    ]
    own = ["o1=1", "o2=1; Domain=alpha.localhost; Secure", "o3=1; domain=.alpha.localhost"]
    body = json.dumps(wide + own).encode()
    answer = ask(relay, head(f"Content-Length: {len(body)}", line="POST /cookies HTTP/1.1") + body)
    assert [value for name, value in answer.headers if name.lower() == "set-cookie"] == own


# -- the end is the server's ---------------------------------------------------------------------


def test_row_25_revocation_needs_no_cooperation(relay: Relay) -> None:
    token = relay.token("stubborn")
    for _ in range(3):  # the machine may be too busy for that second once
        if _seconds_of_a_revocation(relay, token) < 1:
            return
    pytest.fail("no revocation was obeyed within a second")


def _seconds_of_a_revocation(relay: Relay, token: str) -> float:
    """From the command's end to the answer of a visitor who waits for one."""
    with session(relay, token) as client:
        mine = client.open(1)
        with _tunnel(relay, mine) as idle, _tunnel(relay, mine) as tunnel:
            with socket.create_connection(("127.0.0.1", relay.port), 20) as visitor:
                visitor.sendall(head(host=mine.host))
                assert b"GET / HTTP/1.1" in tunnel.recv(65536)
                relay.cli("share", "revoke", mine.name)
                begun = time.monotonic()
                assert visitor.recv(65536).startswith(b"HTTP/1.1 410 ")
                took = time.monotonic() - begun
            for connection in (idle, tunnel):
                with contextlib.suppress(ConnectionResetError):
                    assert connection.recv(65536) == b""
        assert ask(relay, head(host=mine.host)).status == 410
        assert dialled(relay, mine.host, f"Doorstep {mine.ticket}") == 403
        assert client.refused(2, name=mine.name, lease=mine.lease)
    with session(relay, token) as client:
        assert client.refused(1, name=mine.name, lease=mine.lease)
    assert ask(relay, head(host=mine.host)).status == 410
    return took


@contextlib.contextmanager
def _tunnel(relay: Relay, opened: Any) -> Iterator[socket.socket]:
    """A tunnel connection of a share, which the relay has agreed to."""
    with dial(relay, opened.host, f"Doorstep {opened.ticket}") as tunnel:
        assert tunnel.recv(65536).startswith(b"HTTP/1.1 101 ")
        yield tunnel


def test_row_25_expiry_needs_no_cooperation(relay: Relay) -> None:
    with session(relay, relay.token("late")) as client:
        mine = client.open(1, expires_in=4.0)
        with _tunnel(relay, mine) as tunnel, contextlib.suppress(ConnectionResetError):
            assert tunnel.recv(65536) == b""
        answer = wait_for(lambda: _if_gone(relay, mine.host), 3, "the link to have expired")
        assert answer.header("Doorstep-Error") == "expired"
        assert dialled(relay, mine.host, f"Doorstep {mine.ticket}") == 403
        assert client.refused(2, name=mine.name, lease=mine.lease)


def _if_gone(relay: Relay, host: str) -> Answer | None:
    answer = ask(relay, head(host=host))
    return answer if answer.status == 410 else None


# -- upgrades ------------------------------------------------------------------------------------

WEBSOCKET = [
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
]


def frame(data: bytes) -> bytes:
    """A masked binary frame; the mask is zeros."""
    return b"\x82" + struct.pack("!B", 0x80 | len(data)) + bytes(4) + data


def test_row_33_bytes_that_arrive_with_the_upgrade_are_not_lost(relay: Relay) -> None:
    with socket.create_connection(("127.0.0.1", relay.port), 20) as connection:
        connection.sendall(
            head(*WEBSOCKET, line="GET /ws HTTP/1.1", close=False) + frame(b"one") + frame(b"two")
        )
        received = b""
        while not received.endswith(b"\x82\x03one\x82\x03two"):
            part = connection.recv(65536)
            assert part, received
            received += part
    assert received.startswith(b"HTTP/1.1 101 ")


def test_row_33_a_visitor_may_end_its_side_and_still_hear_the_answer(relay: Relay) -> None:
    answer = ask(
        relay, head("Content-Length: 5", line="POST /half HTTP/1.1", close=False) + b"hello", half_close=True
    )
    assert answer.json()["body"] == "hello"


@pytest.mark.parametrize("protocol", ["h2c", "HTTP/2.0", "TLS/1.0", "doorstep-reverse", "websocket, h2c"])
def test_row_34_no_other_protocol_is_switched_to(relay: Relay, protocol: str) -> None:
    settings = ["HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA"]
    upgrade = head(
        f"Upgrade: {protocol}", "Connection: Upgrade, HTTP2-Settings, close", *settings, close=False
    )
    got = ask(relay, upgrade).json()
    for name in ("upgrade", "http2-settings"):
        assert named(got, name) == []
    assert named(got, "connection") in ([], ["keep-alive"])


def test_row_34_fields_named_in_connection_are_for_the_relay_alone(relay: Relay) -> None:
    got = ask(
        relay,
        head("Connection: close, X-Secret, host", "X-Secret: 1", "X-Open: 2", "Keep-Alive: 5", close=False),
    )
    assert named(got.json(), "x-secret") == named(got.json(), "keep-alive") == []
    assert named(got.json(), "x-open") == ["2"]
    assert named(got.json(), "host") == ["alpha.localhost"]
