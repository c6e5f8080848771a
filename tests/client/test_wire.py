"""The wire format: what both sides say, and what neither accepts."""

from __future__ import annotations

import json
from typing import Any, get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorstep_client import wire
from doorstep_client.errors import WireError
from tests.client.fakes import opened

FROM_CLIENT = [
    wire.Open(0),
    wire.Open(3, name="hello", expires_in=0.5, lease="abc"),
    wire.Close(7),
    wire.Ping(),
]
FROM_RELAY = [
    wire.Welcome(10.0, "0.1"),
    opened(expires_at=1e9),
    wire.Dial(0, 2, "ticket"),
    wire.Dial(0, 2, "ticket", at="10.0.0.1:80"),
    wire.Expiring(0, 1e9),
    wire.Paused(0, True),
    wire.Ended(0, "revoked", "sp\u00e4m \u2603"),
    wire.Goaway(("https://other.example",)),
    wire.Error("name-taken", "no", fatal=True, share=0),
    wire.Pong(),
]


@pytest.mark.parametrize("message", FROM_CLIENT, ids=lambda m: type(m).__name__)
def test_what_a_client_says_is_what_the_relay_reads(message: wire.FromClient) -> None:
    assert wire.decode_from_client(wire.encode(message)) == message


@pytest.mark.parametrize("message", FROM_RELAY, ids=lambda m: type(m).__name__)
def test_what_a_relay_says_is_what_the_client_reads(message: wire.FromRelay) -> None:
    assert wire.decode_from_relay(wire.encode(message)) == message
    assert wire.decode_from_relay(wire.encode(message).encode()) == message


def test_every_message_is_tried_above() -> None:
    assert {type(message) for message in FROM_CLIENT} == set(get_args(wire.FromClient))
    assert {type(message) for message in FROM_RELAY} == set(get_args(wire.FromRelay))


def test_a_message_is_one_json_object_that_names_its_type() -> None:
    assert json.loads(wire.encode(wire.Close(7))) == {"type": "close", "share": 7}


def test_unknown_fields_are_ignored_so_that_a_newer_peer_can_add_some() -> None:
    frame = '{"type":"close","share":1,"why":{"deep":[1,2,{"er":null}]}}'

    assert wire.decode_from_client(frame) == wire.Close(1)


@pytest.mark.parametrize(
    "frame",
    [
        "",
        "null",
        "[]",
        "{}",
        "close",
        '{"share":1}',
        '{"type":"shout","share":1}',
        '{"type":"close"}',
        '{"type":"close","share":"1"}',
        '{"type":"close","share":1.5}',
        '{"type":"close","share":1}{"type":"close","share":1}',
        '{"type":"open","share":0,"expires_in":NaN}',
        '{"type":"open","share":0,"expires_in":1e999}',
        '{"type":"open","share":0,"name":["a"]}',
        '{"type":"open","share":0,"name":"\ud800"}',
        '{"type":"ping","x":' + "[" * 20_000 + "]" * 20_000 + "}",
        b"\xff\xfe\x00",
        '{"type":"welcome","heartbeat":1}',
    ],
    ids=str,
)
def test_anything_else_is_refused_as_such(frame: str | bytes) -> None:
    with pytest.raises(WireError):
        wire.decode_from_client(frame)


@pytest.mark.parametrize(
    "frame",
    [
        '{"type":"welcome","heartbeat":0}',
        '{"type":"welcome","heartbeat":-1}',
        '{"type":"welcome","heartbeat":1e9}',
        '{"type":"dial","share":0,"count":-1,"ticket":"t"}',
        '{"type":"dial","share":0,"count":1e3,"ticket":"t"}',
        '{"type":"dial","share":0,"count":9999999999,"ticket":"t"}',
        '{"type":"dial","share":0,"count":1,"ticket":""}',
        '{"type":"dial","share":0,"count":1,"ticket":"t\\r\\nHost: evil"}',
        '{"type":"open","share":0}',
    ],
)
def test_a_client_refuses_what_it_could_not_send_on_or_wait_for(frame: str) -> None:
    with pytest.raises(WireError):
        wire.decode_from_relay(frame)


@pytest.mark.parametrize(
    "change",
    [
        {"host": "a\r\nX: y"},
        {"host": "a b"},
        {"host": "b\u00fccher.example"},
        {"ticket": "t\n"},
        {"lease": "\x1b[2J"},
        {"url": "javascript:alert(1)"},
        {"url": "http://a/\x1b[31m"},
        {"url": "http://a/ b"},
        {"name": ""},
        {"dial": -1},
        {"url": "http://" + "a" * 2000},
    ],
    ids=str,
)
def test_a_relay_cannot_put_line_ends_or_escapes_into_what_it_grants(change: dict[str, Any]) -> None:
    with pytest.raises(WireError):
        wire.decode_from_relay(wire.encode(opened(**change)))


def test_a_message_that_is_too_long_is_refused_by_its_bytes() -> None:
    filler = "\u2603" * (wire.MAX_MESSAGE // 3)
    frame = json.dumps({"type": "ping", "x": filler}, ensure_ascii=False)

    assert len(frame) < wire.MAX_MESSAGE
    with pytest.raises(WireError, match="at most"):
        wire.decode_from_client(frame)


@given(
    st.one_of(st.text(), st.binary(), st.from_regex(r"\{\"type\":\"(open|close|ping|dial|opened)\".{0,40}"))
)
def test_no_frame_raises_anything_but_a_wire_error(frame: str | bytes) -> None:
    for decode in (wire.decode_from_client, wire.decode_from_relay):
        try:
            decode(frame)
        except WireError:
            pass


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(
    st.sampled_from(["open", "close", "welcome", "opened", "dial", "ended", "error", "goaway", "expiring"]),
    st.dictionaries(
        st.sampled_from(
            ["share", "name", "count", "ticket", "heartbeat", "expires_in", "lease", "url", "dial"]
        ),
        _json,
    ),
)
def test_no_values_raise_anything_but_a_wire_error(kind: str, fields: dict[str, Any]) -> None:
    frame = json.dumps({"type": kind, **fields})
    for decode in (wire.decode_from_client, wire.decode_from_relay):
        try:
            message = decode(frame)
        except WireError:
            continue
        assert decode(wire.encode(message)) == message


@given(
    st.builds(
        wire.Open,
        share=st.integers(-(2**63), 2**63),
        name=st.none() | st.text(alphabet=st.characters(codec="utf-8")),
        expires_in=st.none() | st.floats(allow_nan=False, allow_infinity=False),
        lease=st.none() | st.text(alphabet=st.characters(codec="utf-8")),
    )
)
def test_every_open_survives_the_wire(message: wire.Open) -> None:
    assert wire.decode_from_client(wire.encode(message)) == message


def test_messages_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        wire.Close(1).share = 2  # type: ignore[misc]
    assert issubclass(wire.Close, msgspec.Struct)


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("spam", "spam"),
        ("\x1b[31mred\x1b[0m", "[31mred [0m"),
        ("two\nlines\r\n", "two lines"),
        ("\u202eevil", "evil"),
        ("\u2603 \u00fcber", "\u2603 \u00fcber"),
        ("x" * 600, "x" * 500),
        ("\x00\x07", ""),
    ],
)
def test_what_a_peer_says_is_shown_without_what_steers_a_terminal(said: str, shown: str) -> None:
    assert wire.readable(said) == shown
