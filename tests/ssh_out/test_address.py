"""What `ssh://…` may be, and what it means."""

from __future__ import annotations

import pytest

from doorstep_client.errors import UsageError
from doorstep_client.settings import parse_relay, ssh_address
from doorstep_client.ssh_out import parse_server


def test_a_host_is_enough() -> None:
    server = parse_server("ssh://localhost.run")

    assert (server.host, server.port, server.user, server.remote) == ("localhost.run", None, None, 80)
    assert server.url == "ssh://localhost.run"
    assert server.needs_session


def test_user_port_and_options() -> None:
    server = parse_server(
        "ssh://nokey%2Bx@[::1]:2222?remote=8080&command=--output%20json&tty=yes&forwarded=1"
    )

    assert (server.user, server.host, server.port) == ("nokey+x", "::1", 2222)
    assert server.url == "ssh://nokey+x@[::1]:2222"
    assert (server.remote, server.command, server.tty, server.forwarded) == (
        8080,
        "--output json",
        True,
        True,
    )


def test_a_token_for_a_user_name_is_not_shown() -> None:
    server = parse_server("ssh://dst_abcdef_secret@share.example.org")

    assert server.user == "dst_abcdef_secret"
    assert server.url == "ssh://dst_…@share.example.org"


def test_an_alias_keeps_its_capitals() -> None:
    assert parse_server("ssh://MyBox:22").host == "MyBox"


def test_a_pattern_is_taken_as_it_is_written() -> None:
    server = parse_server(r"ssh://h?url=at+(https://\S+?\.example\.com)&remote=0")

    assert server.pattern is not None
    assert server.pattern.pattern == r"at+(https://\S+?\.example\.com)"


@pytest.mark.parametrize("query", ["remote=0", "public=https://demo.example.org", "remote=0&public=http://h"])
def test_a_link_that_is_known_without_words_needs_no_session(query: str) -> None:
    assert not parse_server(f"ssh://h?{query}").needs_session


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("ssh://", "not a host"),
        ("ssh://-oProxyCommand=x", "not a host"),
        ("ssh://-lroot@host", "user name"),
        ("ssh://$(id)@host", "user name"),
        ("ssh://me:" + "secret@host", "no password"),
        ("ssh://host/path", "not a host"),
        ("ssh://host:0", "not a host"),
        ("ssh://host:99999", "Port"),
        ("ssh://host?port=1", "'port' means nothing here; there are command, forwarded"),
        ("ssh://host?remote=http", "remote is 'http'"),
        ("ssh://host?remote=65536", "remote is '65536'"),
        ("ssh://host?url=(", "no regular expression"),
        ("ssh://host?public=demo.example.org", "for example https://demo.example.org"),
        ("ssh://host?tty=perhaps", "give yes or no"),
        ("ssh://host?command=a%0ab", "cannot be typed"),
    ],
)
def test_what_is_no_address_is_told_why(address: str, why: str) -> None:
    with pytest.raises(UsageError) as error:
        parse_server(address)

    assert why in str(error.value)
    assert "secret" not in str(error.value)


def test_the_environment_may_name_an_ssh_server() -> None:
    assert ssh_address(None, {"DOORSTEP_RELAY": "ssh://host", "DOORSTEP_TOKEN": "dst_x"}) == "ssh://host"
    assert ssh_address("https://relay.example", {"DOORSTEP_RELAY": "ssh://host"}) is None


def test_what_only_a_relay_knows_is_not_asked_of_an_ssh_server() -> None:
    with pytest.raises(UsageError, match="knows nothing of accounts"):
        parse_relay("ssh://host")
