"""What ssh's last words mean for the person who wants a link."""

from __future__ import annotations

import pytest

from doorstep_client.errors import RefusedError, UnreachableError, UsageError
from doorstep_client.ssh_out import parse_server
from doorstep_client.ssh_out.reasons import no_link, reason

HERE = parse_server("ssh://me@tunnels.test:2222?remote=8080")


@pytest.mark.parametrize(
    ("words", "code", "advice"),
    [
        (
            "me@tunnels.test: Permission denied (publickey,password).",
            "permission-denied",
            "publickey, password",
        ),
        ("Received disconnect: Too many authentication failures", "permission-denied", "ssh-add"),
        (
            "@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @",
            "host-key-changed",
            "-R '[tunnels.test]:2222'",
        ),
        ("Host key verification failed.", "host-key-unknown", "ssh -p 2222 me@tunnels.test"),
        ("Error: remote port forwarding failed for listen port 8080", "forwarding-refused", "no port 8080"),
    ],
)
def test_a_refusal_has_a_code_and_says_what_to_do(words: str, code: str, advice: str) -> None:
    error = reason(HERE, ["Welcome", words], 255)

    assert isinstance(error, RefusedError)
    assert error.code == code
    assert advice in str(error)


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (
            "ssh: Could not resolve hostname tunnels.test: Name or service not known",
            "its name has no address",
        ),
        ("ssh: connect to host tunnels.test port 2222: Connection refused", "port 2222: Connection refused"),
        ("ssh: connect to host tunnels.test port 2222: Connection timed out", "timed out"),
        ("kex_exchange_identification: Connection closed by remote host", "closed by remote host"),
        ("Timeout, server tunnels.test not responding.", "not responding"),
        ("Good bye", "ended the session (status 0); it said: Good bye"),
        (
            "Received disconnect from 192.0.2.1 port 2222:11: one link at a time",
            "it said: one link at a time",
        ),
    ],
)
def test_what_may_pass_is_no_refusal(words: str, why: str) -> None:
    error = reason(HERE, [words], 0)

    assert isinstance(error, UnreachableError)
    assert why in str(error)


def test_a_configuration_that_ssh_does_not_take_is_the_users_own() -> None:
    error = reason(HERE, [".ssh/config: line 3: Bad configuration option: hots"], 255)

    assert isinstance(error, UsageError)
    assert "line 3" in str(error)


def test_an_ssh_that_says_nothing_is_told_by_its_end() -> None:
    assert "signal 9" in str(reason(HERE, [], -9))


def test_a_server_without_a_link_is_quoted() -> None:
    text = str(no_link(HERE, ["Last login: today", "$"], 20))

    assert "Last login: today | $" in text
    assert "?url=" in text
    assert "?remote=0" in text


def test_why_a_server_forwards_nothing_is_what_it_said_before() -> None:
    said = ["the name 'demo' is somebody else's", "Error: remote port forwarding failed for listen port 80"]
    assert str(reason(HERE, said, 255)).endswith("it said: the name 'demo' is somebody else's")


def test_that_the_connection_is_over_is_no_reason() -> None:
    said = ["Received disconnect from ::1 port 22:11: this link has expired", "Disconnected from ::1 port 22"]
    assert str(reason(HERE, said, 255)).endswith("it said: this link has expired")
