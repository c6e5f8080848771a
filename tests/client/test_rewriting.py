"""A server behind a link is asked as if the visitor's browser were beside it."""

from __future__ import annotations

import pytest

from doorstep_client.targets.rewriting import MOST_HEAD, Origin, Rewriter

HOST = "demo.relay.example"
FORWARDED = "X-Forwarded-For: 203.0.113.9\r\nX-Forwarded-Host: demo.relay.example\r\nX-Forwarded-Proto: https"


def rewriter(authority: str = "localhost:8501", scheme: str = "http") -> Rewriter:
    return Origin(scheme, authority).rewriter()


def request(*fields: str, line: str = "GET /a?b HTTP/1.1", host: str = HOST, body: str = "") -> bytes:
    return "\r\n".join([line, f"Host: {host}", *fields, FORWARDED, "", body]).encode()


def answer(*fields: str, line: str = "HTTP/1.1 200 OK", body: str = "") -> bytes:
    return "\r\n".join([line, *fields, "", body]).encode()


# -- requests --------------------------------------------------------------------------------------


def test_host_becomes_the_servers_and_nothing_else_changes() -> None:
    asked = request("Accept: */*", "Cookie: a=demo.relay.example")

    assert rewriter().request(asked) == request(
        "Accept: */*", "Cookie: a=demo.relay.example", host="localhost:8501"
    )


@pytest.mark.parametrize(
    ("field", "becomes"),
    [
        ("Origin: https://demo.relay.example", "Origin: http://localhost:8501"),
        ("origin: https://DEMO.relay.example", "origin: http://localhost:8501"),
        ("Referer: https://demo.relay.example/a?b", "Referer: http://localhost:8501/a?b"),
        ("Referer: https://demo.relay.example", "Referer: http://localhost:8501"),
    ],
)
def test_the_links_own_origin_and_referer_become_the_servers(field: str, becomes: str) -> None:
    assert rewriter().request(request(field)) == request(becomes, host="localhost:8501")


@pytest.mark.parametrize(
    "field",
    [
        "Origin: https://evil.example",
        "Origin: https://demo.relay.example.evil.example",
        "Origin: https://demo.relay.example:444",
        "Origin: null",
        "Referer: https://evil.example/demo.relay.example/",
        "X-Origin: https://demo.relay.example",
    ],
)
def test_what_another_site_asks_for_still_shows_it(field: str) -> None:
    assert rewriter().request(request(field)) == request(field, host="localhost:8501")


def test_each_request_of_a_connection_is_rewritten_and_bodies_pass_as_they_are() -> None:
    both = rewriter()
    body = "Host: demo.relay.example\r\n\r\nHost: demo.relay.example\r\n\r\n"
    for _ in range(2):
        head = request(f"Content-Length: {len(body)}", line="POST / HTTP/1.1")
        changed = request(f"Content-Length: {len(body)}", line="POST / HTTP/1.1", host="localhost:8501")
        assert both.request(head + body[:10].encode()) == changed + body[:10].encode()
        assert both.request(body[10:].encode()) == body[10:].encode()
        assert both.response(answer("Content-Length: 0")) == answer("Content-Length: 0")


def test_the_end_of_a_chunked_body_is_found_wherever_it_is_cut() -> None:
    line = "POST / HTTP/1.1"
    body = b"5;x=1\r\nHost:\r\n19\r\nGET / HTTP/1.1\r\nHost: a.b\r\n0\r\nTrailer: 1\r\n\r\n"
    head = request("Transfer-Encoding: chunked", line=line)
    changed = request("Transfer-Encoding: chunked", line=line, host="localhost:8501")
    for cut in range(len(body) + 1):
        both = rewriter()
        assert both.request(head + body[:cut]) + both.request(body[cut:]) == changed + body
        assert both.request(request()) == request(host="localhost:8501")


def test_a_head_in_pieces_is_held_until_it_is_whole() -> None:
    both, asked = rewriter(), request("Origin: https://demo.relay.example")
    passed = [both.request(asked[at : at + 7]) for at in range(0, len(asked), 7)]

    assert not any(passed[:-1])
    assert passed[-1] == request("Origin: http://localhost:8501", host="localhost:8501")


def test_a_name_of_ones_own_is_sent_for_both() -> None:
    both = rewriter("app.internal", "https")
    asked = both.request(request("Origin: https://demo.relay.example"))

    assert asked == request("Origin: https://app.internal", host="app.internal")


# -- answers ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "becomes"),
    [
        ("Location: http://localhost:8501/login?next=/", "Location: https://demo.relay.example/login?next=/"),
        ("location: https://localhost:8501", "location: https://demo.relay.example"),
        ("Content-Location: http://localhost:8501/a", "Content-Location: https://demo.relay.example/a"),
        ("Access-Control-Allow-Origin: http://localhost:8501",
         "Access-Control-Allow-Origin: https://demo.relay.example"),
    ],
)  # fmt: skip
def test_the_servers_own_address_becomes_the_links(field: str, becomes: str) -> None:
    both = rewriter()
    both.request(request())

    assert both.response(answer(field, "X: http://localhost:8501/")) == answer(
        becomes, "X: http://localhost:8501/"
    )


@pytest.mark.parametrize(
    "field",
    [
        "Location: /login",
        "Location: http://localhost:85011/",
        "Location: http://localhost:8501.evil.example/",
    ],
)
def test_other_places_stay(field: str) -> None:
    both = rewriter()
    both.request(request())

    assert both.response(answer(field)) == answer(field)


def test_a_cookie_for_the_servers_name_becomes_one_for_the_link() -> None:
    both = rewriter("app.internal:8443", "https")
    both.request(request())
    said = both.response(
        answer("Set-Cookie: a=1; Domain=.app.internal; Path=/", "Set-Cookie: b=2; domain=other.internal")
    )

    assert said == answer("Set-Cookie: a=1; Path=/", "Set-Cookie: b=2; domain=other.internal")


def test_an_interim_answer_is_followed_by_the_real_one() -> None:
    both = rewriter()
    both.request(request("Expect: 100-continue", "Content-Length: 2", line="POST / HTTP/1.1"))
    interim = answer(line="HTTP/1.1 100 Continue")
    both.request(b"ab")

    final = answer("Location: http://localhost:8501/", line="HTTP/1.1 303 See Other")
    assert both.response(interim + final) == interim + answer(
        "Location: https://demo.relay.example/", line="HTTP/1.1 303 See Other"
    )


def test_only_heads_are_looked_at_and_in_whatever_pieces_they_come() -> None:
    both = rewriter()
    both.request(request())
    said = answer(
        "Location: http://localhost:8501/", body="HTTP/1.1 200 OK\r\nLocation: http://localhost:8501/\r\n\r\n"
    )
    got = b"".join(both.response(said[at : at + 5]) for at in range(0, len(said), 5))

    assert got == said.replace(b"http://localhost:8501/", b"https://demo.relay.example/", 1)


def test_after_an_upgrade_both_ways_are_left_alone() -> None:
    both = rewriter()
    both.request(request("Connection: Upgrade", "Upgrade: websocket"))
    assert both.request(b"early") == b""
    both.response(answer("Upgrade: websocket", line="HTTP/1.1 101 Switching Protocols") + b"frame")

    assert both.switched
    assert both.held == b"early"


def test_a_refused_upgrade_is_an_answer_like_others() -> None:
    both = rewriter()
    both.request(request("Connection: Upgrade", "Upgrade: websocket"))
    both.response(answer("Content-Length: 0", line="HTTP/1.1 403 Forbidden"))

    assert not both.switched
    assert both.request(request()) == request(host="localhost:8501")


@pytest.mark.parametrize("said", [b"SSH-2.0-OpenSSH\r\n", b"HTTP/1.1 200 OK\n\nhello", b"\x00\x01"])
def test_what_is_no_answer_passes_at_once(said: bytes) -> None:
    both = rewriter()
    both.request(request())

    assert both.response(said) == said


def test_an_answer_that_ends_within_its_head_loses_nothing() -> None:
    both = rewriter()
    both.request(request())

    assert both.response(b"HTTP/1.1 200 OK\r\nServ") == b""
    assert both.rest() == b"HTTP/1.1 200 OK\r\nServ"


def test_a_head_without_end_is_not_kept() -> None:
    both = rewriter()
    both.request(request())
    said = b"HTTP/1.1 200 OK\r\nX: " + b"x" * MOST_HEAD

    assert both.response(said) == said
    assert both.request(b"x" * MOST_HEAD) == b"x" * MOST_HEAD


@pytest.mark.parametrize("length", ["abc", "", "9" * 5000])
def test_row_12_a_length_that_is_none_is_for_the_server_to_refuse(length: str) -> None:
    """An SSH server in front passes on what visitors write; a relay of ours does not."""
    field = f"Content-Length: {length}"

    assert rewriter().request(request(field)) == request(field, host="localhost:8501")
