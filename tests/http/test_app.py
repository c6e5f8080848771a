"""What real apps do, through a link: in the client's process, and on a port by another HTTP library."""

from __future__ import annotations

import hashlib
import json
import re
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.http.app import ETAG, TEXT
from tests.http.stage import Stage, client, curl
from tests.http.wire import Wire
from tests.support import Answer, Relay, visit

MEGABYTE = 1024 * 1024


Say = Callable[[str], Wire]


@pytest.fixture
def say(stage: Stage) -> Iterator[Say]:
    """Says this to the relay on a connection of its own."""
    with ExitStack() as stack:

        def connect(text: str) -> Wire:
            wire = Wire(socket.create_connection(("127.0.0.1", stage.relay.port)))
            stack.callback(wire.close)
            wire.send(text.encode())
            return wire

        yield connect


def told(answer: Answer) -> Any:
    """The request as the app has seen it."""
    assert answer.status == 200, answer.raw[:500]
    return answer.json()


# -- curl ------------------------------------------------------------------------------------------


def _trace(url: str, *options: str) -> str:
    """curl's own account of an exchange, without the progress that it would write between its words."""
    command = ["curl", "--verbose", "--silent", "--noproxy", "*", "--max-time", "90", *options, url]
    return subprocess.run(command, capture_output=True, check=False, timeout=95).stderr.decode("latin-1")


@pytest.fixture
def upload(tmp_path: Path) -> Path:
    """50 MB in a file."""
    path = tmp_path / "upload"
    path.write_bytes(bytes(range(256)) * (50 * 4096))
    return path


def test_curl_waits_for_100_and_then_uploads(stage: Stage, name: str, upload: Path) -> None:
    options = ["-H", "Expect: 100-continue", "--expect100-timeout", "20", "-T", str(upload)]
    trace = _trace(stage.urls[name] + "/upload", *options)

    assert re.search(r"^< HTTP/1.1 100 Continue", trace, re.MULTILINE)
    assert re.search(r"^< HTTP/1.1 200 OK", trace, re.MULTILINE)
    assert "Done waiting for 100-continue" not in trace, "it did not wait for its timeout"


def test_an_app_that_refuses_before_reading_gets_no_upload(stage: Stage, name: str, upload: Path) -> None:
    options = ["-H", "Expect: 100-continue", "--expect100-timeout", "20", "-T", str(upload)]
    trace = _trace(stage.urls[name] + "/too-large", *options)

    assert re.search(r"^< HTTP/1.1 413 ", trace, re.MULTILINE)
    assert "100 Continue" not in trace


@pytest.mark.parametrize("path", ["/too-large", "/refuse-in-the-middle"])
@pytest.mark.parametrize("framing", [[], ["-H", "Transfer-Encoding: chunked"]], ids=["length", "chunked"])
def test_curl_sees_a_413_that_comes_while_it_uploads(
    stage: Stage, name: str, upload: Path, path: str, framing: list[str]
) -> None:
    shown = curl(stage.urls[name] + path, "-H", "Expect:", "-T", str(upload), "-w", " %{http_code}", *framing)

    assert shown == "too large 413"


@pytest.mark.parametrize("framing", [[], ["-H", "Transfer-Encoding: chunked"]], ids=["length", "chunked"])
def test_50_mb_arrive_whole(stage: Stage, name: str, upload: Path, framing: list[str]) -> None:
    facts = json.loads(curl(stage.urls[name] + "/upload", "-T", str(upload), *framing))

    assert facts == {"size": 50 * MEGABYTE, "sha256": hashlib.sha256(upload.read_bytes()).hexdigest()}


def test_a_stream_of_unknown_length_comes_down_whole(stage: Stage, name: str) -> None:
    for version in ("--http1.1", "--http1.0"):
        size = curl(
            f"{stage.urls[name]}/stream?{20 * MEGABYTE}", version, "-o", "/dev/null", "-w", "%{size_download}"
        )
        assert int(size) == 20 * MEGABYTE


def test_curl_continues_a_download_that_was_broken_off(stage: Stage, name: str, tmp_path: Path) -> None:
    path = tmp_path / "part"
    path.write_bytes(TEXT[:1000])
    curl(stage.urls[name] + "/ranges", "-C", "-", "-o", str(path))

    assert path.read_bytes() == TEXT


# -- what the app sees and says --------------------------------------------------------------------


@pytest.mark.parametrize("status", [204, 304])
def test_a_status_without_a_body_does_not_hold_up_the_next_request(
    stage: Stage, name: str, status: int, say: Say
) -> None:
    host = stage.host(name)
    wire = say(
        f"GET /status?{status} HTTP/1.1\r\nHost: {host}\r\n\r\nGET /poll?0 HTTP/1.1\r\nHost: {host}\r\n\r\n"
    )

    assert (wire.answer().status, wire.answer().text) == (status, "news")


def test_head_is_get_without_the_body(stage: Stage, name: str) -> None:
    head = visit(stage.urls[name] + "/ranges", method="HEAD")

    assert (head.status, head.header("Content-Length"), head.body) == (200, str(len(TEXT)), b"")


PATHS = ["/a%2Fb/%25/~", "/;v=1/a;b=c", "/a//b///c", "/%00%ff%C3%A9", "/a/../b/./c"]


@pytest.mark.parametrize("path", PATHS)
def test_the_app_sees_the_path_as_it_was_asked_for(stage: Stage, name: str, path: str) -> None:
    facts = told(visit(stage.urls[name] + path))

    assert facts["raw_path"] == path


@pytest.mark.parametrize(
    "query", ["", "a=1&a=2&&b&=c", "q=%26%3D%23+%20", "a;b;c", "x={y}|z", "?", "u=http://x/?y"]
)
def test_the_app_sees_the_query_as_it_was_asked_for(stage: Stage, name: str, query: str) -> None:
    facts = told(visit(f"{stage.urls[name]}/q?{query}"))

    assert facts["query"] == query


@pytest.mark.parametrize("method", ["PROPFIND", "M-SEARCH", "DELETE", "OPTIONS", "PATCH"])
def test_the_app_sees_the_method(stage: Stage, name: str, method: str) -> None:
    assert told(visit(stage.urls[name] + "/", method=method))["method"] == method


def test_the_app_sees_every_field_in_order(stage: Stage, name: str, say: Say) -> None:
    fields = [f"X-{number}: {'v' * 400}" for number in range(120)]
    head = "\r\n".join(["GET / HTTP/1.1", f"Host: {stage.host(name)}", *fields, "Connection: close", "", ""])
    seen = told(say(head).last_answer())["headers"]

    assert [key for key, _ in seen if key.startswith("x-") and "forwarded" not in key] == [
        f"x-{number}" for number in range(120)
    ]


def test_an_answer_may_have_60_kb_of_fields(stage: Stage, name: str) -> None:
    answer = visit(stage.urls[name] + "/fields?100,600")

    assert [len(value) for key, value in answer.headers if key.startswith("x-")] == [600] * 100


def test_cookies_stay_many_and_in_order(stage: Stage, name: str) -> None:
    answer = visit(
        stage.urls[name] + "/cookies?60", headers={"Cookie": "; ".join(f"c{n}={n}" for n in range(200))}
    )
    cookies = [value for key, value in answer.headers if key.lower() == "set-cookie"]

    assert cookies == [*(f"c{n}={n}; Path=/" for n in range(60)), "c0=again; Path=/; HttpOnly"]


def test_bytes_beyond_ascii_reach_the_app(stage: Stage, name: str, say: Say) -> None:
    head = f"GET / HTTP/1.1\r\nHost: {stage.host(name)}\r\nX-Name: Zoë\r\nConnection: close\r\n\r\n"
    seen = dict(told(say(head).last_answer())["headers"])

    assert seen["x-name"].encode("latin-1") == "Zoë".encode()


def test_trailers_of_an_upload_do_not_disturb_it(stage: Stage, name: str, say: Say) -> None:
    head = f"POST / HTTP/1.1\r\nHost: {stage.host(name)}\r\nConnection: close\r\n"
    body = "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nDigest: xyz\r\n\r\n"

    assert told(say(head + body).last_answer())["body"] == "abcde"


def test_http_1_0_is_understood(stage: Stage, name: str, say: Say) -> None:
    answer = say(f"GET /stream?70000 HTTP/1.0\r\nHost: {stage.host(name)}\r\n\r\n").last_answer()

    assert len(answer.body) == 70000
    assert answer.header("Transfer-Encoding") is None


# -- ranges ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wanted", "body", "content_range"),
    [
        ("0-0", TEXT[:1], "bytes 0-0/16384"),
        ("100-299", TEXT[100:300], "bytes 100-299/16384"),
        ("16000-", TEXT[16000:], "bytes 16000-16383/16384"),
        ("-5", TEXT[-5:], "bytes 16379-16383/16384"),
    ],
)
def test_a_range_is_answered_with_206(
    stage: Stage, name: str, wanted: str, body: bytes, content_range: str
) -> None:
    answer = visit(stage.urls[name] + "/ranges", headers={"Range": f"bytes={wanted}"})

    assert (answer.status, answer.body, answer.header("Content-Range")) == (206, body, content_range)


def test_several_ranges_come_as_multipart(stage: Stage, name: str) -> None:
    answer = visit(stage.urls[name] + "/ranges", headers={"Range": "bytes=0-9,100-109"})

    assert answer.header("Content-Type") == "multipart/byteranges; boundary=cut"
    assert answer.body.count(b"--cut") == 3
    assert TEXT[100:110] in answer.body


def test_a_range_of_another_version_gets_the_whole(stage: Stage, name: str) -> None:
    url = stage.urls[name] + "/ranges"
    same = visit(url, headers={"Range": "bytes=0-9", "If-Range": ETAG.decode()})
    other = visit(url, headers={"Range": "bytes=0-9", "If-Range": '"older"'})

    assert (same.status, len(same.body)) == (206, 10)
    assert (other.status, other.body) == (200, TEXT)


def test_a_range_beyond_the_end_is_416(stage: Stage, name: str) -> None:
    answer = visit(stage.urls[name] + "/ranges", headers={"Range": "bytes=99999-"})

    assert (answer.status, answer.header("Content-Range")) == (416, "bytes */16384")


# -- gRPC-Web and long polls -----------------------------------------------------------------------


@pytest.mark.parametrize("count", [1, 5], ids=["unary", "server streaming"])
def test_grpc_web_messages_and_their_trailers_pass(stage: Stage, name: str, count: int) -> None:
    message = bytes([0]) + (300).to_bytes(4, "big") + bytes(range(256)) + bytes(44)
    answer = visit(
        f"{stage.urls[name]}/grpc-web?{count}",
        method="POST",
        headers={"Content-Type": "application/grpc-web+proto", "X-Grpc-Web": "1", "TE": "trailers"},
        body=message,
    )

    assert answer.header("Content-Type") == "application/grpc-web+proto"
    assert answer.body == message * count + b"\x80\x00\x00\x00\x22grpc-status:0\r\ngrpc-message:fine\r\n"


def test_a_long_poll_is_waited_for(stage: Stage, name: str) -> None:
    answer = visit(stage.urls[name] + "/poll?3")

    assert answer.text == "news"


def test_a_long_poll_outlasts_every_deadline_but_its_own(tmp_path: Path) -> None:
    """By default that is 10 minutes, after 10 seconds for a head, 75 idle ones, two minutes of a stall."""
    short = [f"--{name}=1s" for name in ("head-timeout", "idle-timeout", "body-timeout")]
    short += ["--stall-timeout=1s", "--heartbeat=2s", "--connect-wait=2s", "--stream-timeout=1s"]
    short += ["--app-timeout=8s"]
    with ExitStack() as stack:
        relay = Relay(tmp_path / "relay", args=short)
        token = relay.token("alice")
        stack.callback(relay.kill)
        relay.start()
        url = client(stack, relay.url, token, {"app": "tests.http.app:app"})["app"]

        assert visit(url + "/poll?2.2").text == "news"
        assert visit(url + "/poll?30").header("Doorstep-Error") == "app-timeout"


def test_events_arrive_one_by_one(stage: Stage, name: str, say: Say) -> None:
    """Each is sent when the one before it has been seen: one that were held back would be the last."""
    wire = say(f"GET /steps?here HTTP/1.1\r\nHost: {stage.host(name)}\r\n\r\n")
    for number in range(4):
        visit(f"{stage.urls[name]}/step?here")
        wire.until(b"data: %d\n\n" % number)
