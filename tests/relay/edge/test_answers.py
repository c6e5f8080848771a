"""What the relay answers in its own name: a page for people, JSON for programs."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from html.parser import HTMLParser

import httptools
import pytest

from doorstep_relay.edge.answers import ANSWERS, code_for
from doorstep_relay.edge.rendering import page, render
from tests.support.http import Answer, parse

HOSTILE = "<script>alert(1)</script>\"'&<img src=x onerror=y>$title${x}\r\nSet-Cookie: a=b"


def answer(code: str, *, as_html: bool = True, **how: str) -> Answer:
    return parse(render(code, as_html=as_html, **how))


class Tags(HTMLParser):
    """Every element of a page, with its attributes; and what it says."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.said = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.said += data


@pytest.mark.parametrize("code", ANSWERS)
@pytest.mark.parametrize("as_html", [True, False])
def test_every_answer_is_one_whole_message_that_ends_its_connection(code: str, as_html: bool) -> None:
    got = answer(code, as_html=as_html, host="a.localhost", reason="because")
    assert got.status == ANSWERS[code].status
    assert got.header("Doorstep-Error") == code
    assert got.header("Content-Length") == str(len(got.body))
    assert got.header("Connection") == "close"
    assert got.header("Cache-Control") == "no-store"
    assert got.header("X-Content-Type-Options") == "nosniff"
    assert got.header("X-Robots-Tag") == "noindex"
    assert got.header("Referrer-Policy") == "no-referrer"
    httptools.HttpResponseParser(object()).feed_data(got.raw)


@pytest.mark.parametrize("code", ANSWERS)
def test_a_program_gets_the_code_and_the_reason_as_json(code: str) -> None:
    got = answer(code, as_html=False, reason="by its owner")
    assert got.header("Content-Type") == "application/problem+json"
    told = got.json()
    assert (told["code"], told["status"], told["detail"]) == (code, ANSWERS[code].status, "by its owner")
    assert told.get("retry_after") == ANSWERS[code].retry_after
    assert answer(code, as_html=False).json()["detail"] == ANSWERS[code].text


@pytest.mark.parametrize("code", ANSWERS)
def test_a_page_loads_nothing_runs_nothing_and_its_policy_says_so(code: str) -> None:
    got = answer(code, host="a.localhost", reason="because")
    policy = got.header("Content-Security-Policy") or ""
    style = re.search(r"<style>(.*?)</style>", got.text, re.DOTALL)
    assert style is not None
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none';")
    assert "unsafe" not in policy
    tags = Tags(got.text)
    names = {name for name, _ in tags.seen}
    assert not names & {"script", "link", "img", "iframe", "object", "form", "base"}
    attributes = {key for _, attrs in tags.seen for key in attrs}
    assert not attributes & {"src", "style", "srcset", "action"}
    assert {attrs["href"] for _, attrs in tags.seen if "href" in attrs} == {"/.doorstep/report"}
    assert not {key for key in attributes if key.startswith("on")}


@pytest.mark.parametrize("code", ANSWERS)
def test_a_page_says_what_happened_where_and_why(code: str) -> None:
    said = Tags(answer(code, host="a.localhost", reason="by its owner").text).said
    for part in (ANSWERS[code].title, ANSWERS[code].text, "a.localhost", "by its owner", code):
        assert part in said


def test_a_hostile_host_and_reason_are_only_text() -> None:
    got = answer("revoked", host=HOSTILE, reason=HOSTILE)
    tags = Tags(got.text)
    assert not {name for name, _ in tags.seen} & {"script", "img"}
    assert tags.said.count(HOSTILE) == 2
    assert got.header("Set-Cookie") is None
    told = answer("revoked", as_html=False, host=HOSTILE, reason=HOSTILE)
    assert told.json()["detail"] == HOSTILE
    assert told.header("Set-Cookie") is None


def test_a_page_that_can_get_better_reloads_itself_and_others_do_not() -> None:
    waits = answer("offline")
    seconds = ANSWERS["offline"].retry_after
    assert ("meta", {"http-equiv": "refresh", "content": str(seconds)}) in Tags(waits.text).seen
    assert waits.header("Retry-After") == str(seconds)
    assert "refresh" not in answer("revoked").text
    assert answer("revoked").header("Retry-After") is None


def test_the_answer_to_head_is_the_head_alone() -> None:
    whole = render("offline", as_html=True, host="a.localhost")
    head = render("offline", as_html=True, host="a.localhost", head_only=True)
    assert whole.startswith(head)
    assert head.endswith(b"\r\n\r\n")


def test_what_is_remembered_of_answers_is_bounded() -> None:
    for number in range(2000):
        render("no-such-share", as_html=True, host=f"x{number}.localhost")
    assert render.cache_info().currsize <= 512


def test_every_status_of_a_refused_message_has_its_code() -> None:
    for status in (400, 408, 431, 501, 502):
        assert ANSWERS[code_for(status)].status == status
    assert code_for(418) == "bad-request"


def test_a_pages_title_is_escaped_too() -> None:
    text, policy = page(HOSTILE, "<p>Hello</p>")
    assert "default-src 'none'" in policy
    assert not {name for name, _ in Tags(text).seen} & {"b", "script", "img"}


def test_json_needs_no_charset_beyond_ascii() -> None:
    body = render("revoked", as_html=False, reason="grüße\u2028").partition(b"\r\n\r\n")[2]
    assert body.isascii()
    assert json.loads(body)["detail"] == "grüße\u2028"
