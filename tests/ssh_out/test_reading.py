"""Where the link is in what servers say; the sessions are written as those services do."""

from __future__ import annotations

import pytest

from doorstep_client.ssh_out import parse_server
from doorstep_client.ssh_out.reading import Reading

LOCALHOST_RUN = """\
===============================================================================
Welcome to localhost.run!

Follow your favourite reverse tunnel at [https://twitter.com/localhost_run].
To set up and manage custom domains go to https://admin.localhost.run/
More details on custom domains (and how to enable subdomains of your custom
domain) at https://localhost.run/docs/custom-domains
To explore using localhost.run visit the documentation site:
https://localhost.run/docs/
===============================================================================
** your connection id is 0a1b2c3d, please mention it if you send me a message about an issue. **

b2b1e0ab3c1234.lhr.life tunneled with tls termination, https://b2b1e0ab3c1234.lhr.life
create an account and add your key for a longer lasting domain name.
see https://localhost.run/docs/forever-free/ for more information.
"""
SERVEO = "\x1b[32mForwarding HTTP traffic from \x1b[0;1mhttps://3e0a85-49-37.serveousercontent.com\x1b[0m\r"
SISH = """\
Press Ctrl-C to close the session.

Starting SSH Forwarding service for http:80. Forwarded connections can be accessed via the following methods:
HTTP: http://calm.tuns.sh
HTTPS: https://calm.tuns.sh
"""
PINGGY = """\
You are not authenticated.
Your tunnel will expire in 60 minutes. Upgrade to Pinggy Pro to get unrestricted tunnels. https://dashboard.pinggy.io

http://rnabc-49-37.a.free.pinggy.link
https://rnabc-49-37.a.free.pinggy.link
"""
INSIDE = 'Authenticated to tunnels.test ([192.0.2.1]:22) using "publickey".'
SRV_US = "1: https://qp556ma755ktlag5b2xyt334ae.srv.us/"


def read(text: str, address: str = "ssh://tunnels.test", *, aside: bool = False) -> Reading:
    reading = Reading(parse_server(address), "tunnels.test")
    for line in text.splitlines():
        reading.feed(line, aside=aside)
    return reading


@pytest.mark.parametrize(
    ("text", "link"),
    [
        (LOCALHOST_RUN, "https://b2b1e0ab3c1234.lhr.life"),
        (SERVEO, "https://3e0a85-49-37.serveousercontent.com"),
        (SISH, "https://calm.tuns.sh"),
        (PINGGY, "https://rnabc-49-37.a.free.pinggy.link"),
        (SRV_US, "https://qp556ma755ktlag5b2xyt334ae.srv.us"),
        (
            "\x1b[2J\x1b[3;1HURL\x1b[4;1Hhttps://tui.example.net\x1b[5;1HRequests: 0",
            "https://tui.example.net",
        ),
        ("Your link: https://a.example.net.", "https://a.example.net"),
        ("[https://a.example.net]", "https://a.example.net"),
        ('["https://a.example.net"', "https://a.example.net"),
        ("https://demo.share.example.org/?k=secret", "https://demo.share.example.org/?k=secret"),
        ("https://a.example.net:8443/", "https://a.example.net:8443"),
    ],
)
def test_the_link_of_a_service_is_found(text: str, link: str) -> None:
    assert read(text).link == link
    assert read(f"{INSIDE}\n{text}", aside=True).link == link


@pytest.mark.parametrize(
    "text",
    [
        "see https://tunnels.test/docs and https://tunnels.test",
        "https://docs.example.net https://www.example.net https://admin.example.net/",
        "pay at https://example.net/upgrade?plan=pro",
        "https://github.com",
        "https://nonsense",
        "https://",
        "ssh://a.example.net a.example.net",
        "{not json https}",
    ],
)
def test_what_is_no_link_is_not_taken_for_one(text: str) -> None:
    assert read(text).link is None


def test_a_greeting_is_no_answer() -> None:
    """A relay of ours says in its banner where a link without a name would be."""
    greeting = "Your link, unless you name one: https://xx4czjp25qnj6vzw.share.example.org"
    reading = read(greeting, aside=True)
    assert reading.link is None

    reading.feed("https://met.share.example.org", aside=False)
    assert reading.link == "https://met.share.example.org"


def test_a_link_without_tls_is_second_best() -> None:
    reading = read("http://a.example.net\nhttp://b.example.net")

    assert (reading.link, reading.plain) == (None, "http://a.example.net")


def test_a_pattern_finds_what_is_no_usual_link() -> None:
    text = "docs: https://x.example.net\nyour page is https://example.net/~me/demo today"

    assert read(text, r"ssh://h?url=page is (\S+)").link == "https://example.net/~me/demo"
    assert read(text, r"ssh://h?url=https://example\S+").link == "https://example.net/~me/demo"


def test_a_pattern_that_finds_no_url_is_not_obeyed() -> None:
    assert read("your page is javascript:alert(1)", r"ssh://h?url=page is (\S+)").link is None


@pytest.mark.parametrize(
    ("line", "link"),
    [
        (
            '{"event": "tcpip-forward", "url": "https://a.lhr.life", "message": "see https://x.y"}',
            "https://a.lhr.life",
        ),
        ('{"address": "a.lhr.life", "tls_termination": true, "status": "success"}', "https://a.lhr.life"),
        ('{"domain": "a.lhr.life", "tls_termination": false}', "http://a.lhr.life"),
        ('{"connection_id": "0a1b", "message": "https://a.lhr.life"}', None),
        ('{"address": "127.0.0.1:80 or so"}', None),
    ],
)
def test_what_is_written_for_programs_is_read_as_such(line: str, link: str | None) -> None:
    assert read(line).link == link


def test_another_link_in_the_same_words_takes_the_first_ones_place() -> None:
    reading = read(LOCALHOST_RUN)
    reading.feed("request to https://evil.example.net", aside=False)
    assert reading.link == "https://b2b1e0ab3c1234.lhr.life"

    reading.feed("c0ffee.lhr.life tunneled with tls termination, https://c0ffee.lhr.life", aside=False)
    assert reading.link == "https://c0ffee.lhr.life"


def test_ssh_itself_tells_of_ports_and_keys() -> None:
    reading = read(
        "debug1: Server host key: ssh-ed25519 SHA256:abc\n"
        "Warning: Permanently added 'tunnels.test' (ED25519) to the list of known hosts.\n"
        "debug1: connecting to https://no.example.net\n"
        "Allocated port 40123 for remote forward to /tmp/visitors:-2",
        "ssh://tunnels.test?remote=0",
        aside=True,
    )

    assert reading.link == "http://tunnels.test:40123"
    assert reading.new_key == "tunnels.test (ssh-ed25519 SHA256:abc)"
    assert not reading.last_words


def test_row_28_a_server_does_not_speak_for_ssh_of_its_own_key() -> None:
    reading = read(
        "debug1: Server host key: ssh-ed25519 SHA256:true\n"
        "Warning: Permanently added 'tunnels.test' (ED25519) to the list of known hosts.\n"
        "debug1: SSH2_MSG_NEWKEYS sent\n"
        "debug1: Server host key: ssh-ed25519 SHA256:pretended\n"
        "Warning: Permanently added 'tunnels.test' (ED25519) to the list of known hosts.",
        aside=True,
    )

    assert reading.new_key == "tunnels.test (ssh-ed25519 SHA256:true)"


def test_row_22_json_without_end_is_no_link_and_no_error() -> None:
    assert read('{"url":' + "[" * 10_000).link is None


def test_a_link_that_the_user_knows_is_taken_when_the_server_listens() -> None:
    reading = read("https://other.example.net", "ssh://h?public=https://demo.example.org/")
    assert reading.link is None

    reading.feed("debug1: remote forward success for: listen 80, connect /tmp/visitors:-2", aside=True)
    assert reading.link == "https://demo.example.org"


def test_what_a_server_says_cannot_steer_the_terminal() -> None:
    reading = read("\x1b]0;title\x07hello \x1b[31mred\x1b[0m \x9b31m")

    assert all(word.isprintable() for word in reading.last_words)
