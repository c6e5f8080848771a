"""What a `Host` means: the relay, one share, or nothing that is here."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorstep_relay.edge.hosts import Hosts, Kind

HOSTS = Hosts("Relay.example")


@pytest.mark.parametrize(
    "host",
    [
        b"demo.relay.example",
        b"DEMO.Relay.EXAMPLE",
        b"demo.relay.example:8080",
        b"demo.relay.example.",
        b"demo.relay.example.:80",
    ],
)
def test_one_label_before_the_domain_is_a_share_in_any_spelling(host: bytes) -> None:
    place = HOSTS.place(host)
    assert (place.kind, place.label, place.host) == (Kind.SHARE, "demo", b"demo.relay.example")


@pytest.mark.parametrize(
    "host",
    [
        b"relay.example",
        b"RELAY.example:443",
        b"relay.example.",
        b"127.0.0.1",
        b"127.0.0.1:8080",
        b"[::1]",
        b"[::1]:8080",
        b"10.0.0.7",
    ],
)
def test_the_domain_and_plain_addresses_are_the_relay_itself(host: bytes) -> None:
    assert HOSTS.place(host).kind is Kind.APEX


@pytest.mark.parametrize("host", [b"__proto__", b"constructor", b"toString", b"hasOwnProperty"])
def test_words_that_mean_something_to_a_language_are_labels_like_others(host: bytes) -> None:
    place = HOSTS.place(host + b".relay.example")
    assert (place.kind, place.label) == (Kind.SHARE, host.decode().lower())
    assert HOSTS.place(host).kind is Kind.FOREIGN


@pytest.mark.parametrize(
    "host",
    [
        b"a.b.relay.example",
        b".relay.example",
        b"..relay.example",
        b"demo..relay.example",
        b"xrelay.example",
        b"relay.example.evil.example",
        b"demo.relay.example.evil.example",
        b"relay.example..",
        b"example",
        b"localhost",
        b"x" * 64 + b".relay.example",
        b".",
        b"..",
        b"2130706433",
        b"0x7f000001",
        b"127.1",
        b"1.2.3.4.5",
    ],
)
def test_everything_else_is_foreign(host: bytes) -> None:
    assert HOSTS.place(host).kind is Kind.FOREIGN


@pytest.mark.parametrize(
    "host",
    [
        b"",
        b" ",
        b"demo.relay.example ",
        b"demo.relay.example:",
        b"demo.relay.example:x",
        b"demo.relay.example:123456",
        b"demo.relay.example:80:80",
        b"demo.relay.example/",
        b"demo.relay.example\\@evil.example",
        b"user@demo.relay.example",
        b"demo.relay.example#",
        b"demo.relay.example?",
        b"demo.relay.example,b.relay.example",
        b"demo.relay.example b.relay.example",
        b"demo%2erelay.example",
        b"*.relay.example",
        b"::1",
        b"[::1",
        b"[::1]x",
        b"[]",
        b"[fe80::1%25eth0]",
        "bücher.relay.example".encode(),
        "demo。relay.example".encode(),
        b"\xef\xbd\x84emo.relay.example",
        b"demo\x00.relay.example",
        b"demo.relay.example\n",
        b"x" * 300,
        b"x" * 254,
    ],
)
def test_what_is_no_host_name_is_told_apart(host: bytes) -> None:
    assert HOSTS.place(host).kind is Kind.BAD


def test_an_international_name_is_the_label_that_it_is_written_as() -> None:
    assert HOSTS.place(b"xn--bcher-kva.relay.example").label == "xn--bcher-kva"


@given(st.binary(max_size=80) | st.binary(max_size=60).map(lambda label: label + b".relay.example"))
def test_a_share_is_one_label_of_host_characters_before_the_domain(host: bytes) -> None:
    place = HOSTS.place(host)
    if place.kind is Kind.SHARE:
        assert place.host == place.label.encode() + b".relay.example"
        assert place.label == place.label.lower()
        assert set(place.label) <= set("abcdefghijklmnopqrstuvwxyz0123456789-_")
        assert 1 <= len(place.label) <= 63


def test_what_is_remembered_of_hosts_is_bounded() -> None:
    hosts = Hosts("relay.example")
    for number in range(10_000):
        hosts.place(b"x%d.relay.example" % number)
    assert hosts.place.cache_info().currsize <= 4096
