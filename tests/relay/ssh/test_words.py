"""The words of an SSH command, and when they are known."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from doorstep_relay.errors import BadWords
from doorstep_relay.ssh.options import Options
from doorstep_relay.ssh.words import HELP, Words, parse_words


def test_words_say_what_the_flags_of_doorstep_share_say() -> None:
    words = parse_words(
        "name=demo expires=2h balance password='open sesame' networks=10.0.0.0/8,fd00::/8 method=GET "
        "people-of=example.org person=ann@example.net one-time starts=2030-01-31T09:00:00Z no-interstitial "
        "index qr=no quiet"
    )
    assert (words.name, words.expires_in, words.balance, words.qr, words.quiet) == (
        "demo",
        7200,
        True,
        False,
        True,
    )
    assert words.policy == {
        "password": "open sesame",
        "networks": ["10.0.0.0/8", "fd00::/8"],
        "methods": ["GET"],
        "oidc": {"domains": ["example.org"], "emails": ["ann@example.net"]},
        "one_time": True,
        "starts": "2030-01-31T09:00:00Z",
        "interstitial": False,
        "index": True,
    }


def test_words_may_look_like_flags() -> None:
    assert parse_words("--name=demo --one_time") == parse_words("name=demo one-time")


def test_no_words_ask_for_nothing() -> None:
    assert parse_words("  ") == Words()


def test_a_key_is_made_or_given() -> None:
    assert len(parse_words("key").policy["key"]) >= 22
    assert not parse_words("key").own_key
    assert parse_words("key=0123456789abcdef").own_key


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("pasword=hidden", "did you mean password"),
        ("password", "password needs a value"),
        ("password=", "password needs a value"),
        ("one-time=maybe", "say yes or no"),
        ("expires=soon", "write a duration"),
        ("name='demo", "cannot be read"),
        ("x" * 9000, "too long"),
    ],
)
def test_words_that_mean_nothing_are_refused_and_not_repeated(command: str, said: str) -> None:
    with pytest.raises(BadWords, match=said) as refused:
        parse_words(command)
    assert "hidden" not in str(refused.value)


def test_the_help_names_every_option() -> None:
    options = """name readable expires balance password key networks methods people-of person one-time
        starts ends interstitial index qr quiet"""
    for option in options.split():
        assert option in HELP


class Far:
    """A client that answers; what it had sent before is read by then."""

    def __init__(self) -> None:
        self.before: list[Callable[[], None]] = []
        self.asked = 0

    async def __call__(self) -> bool:
        self.asked += 1
        for act in self.before:
            act()
        return True


async def test_without_a_terminal_there_is_no_command() -> None:
    options = Options(Far())
    assert await options.known() == Words()


async def test_a_link_waits_for_the_command_that_is_on_its_way() -> None:
    far = Far()
    options = Options(far)
    far.before = [options.terminal_comes, lambda: options.command("name=demo")]
    words = await options.known()
    assert words is not None
    assert words.name == "demo"


async def test_a_command_that_came_first_is_known_without_asking() -> None:
    far = Far()
    options = Options(far)
    options.terminal_comes()
    options.command("quiet")
    words = await options.known()
    assert words is not None
    assert words.quiet
    assert far.asked == 0


async def test_options_that_come_when_the_link_is_open_are_refused() -> None:
    options = Options(Far())
    await options.known()
    options.command("")
    with pytest.raises(BadWords, match="open already"):
        options.command("password=secret")


async def test_words_that_mean_nothing_open_nothing() -> None:
    options = Options(Far())
    options.terminal_comes()
    with pytest.raises(BadWords):
        options.command("nonsense")
    assert await options.known() is None
