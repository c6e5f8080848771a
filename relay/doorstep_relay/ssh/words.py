"""Options as words of an SSH command: `ssh … relay name=demo password=secret expires=2h networks=10.0.0.0/8`.

They are called as the flags of `doorstep share` and the fields of a policy are; what they mean is decided by
the relay's services. A word that is not known is refused: a misspelt condition would let everybody in.
"""

from __future__ import annotations

import difflib
import secrets
import shlex
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from doorstep_relay.domain.times import parse_duration
from doorstep_relay.errors import BadWords

HELP: Final = """\
name=demo            the link's name; a random one by default
readable             a random name that is easy to say, and can be guessed
expires=2h           end the link after that time
balance              hold the name together with others who open it so
password=SECRET      ask visitors for a password
key                  ask for a key in the link; one is made and shown (key=SECRET for your own)
networks=10.0.0.0/8  only from there; several with commas between
methods=GET,HEAD     only these
people-of=DOMAIN     people who sign in with an address there; person=EMAIL for one
one-time             the first browser keeps the link
starts=TIME          from when on, like 2030-01-31T09:00:00+01:00; ends=TIME until when
interstitial=yes     tell people where the page comes from; index lets search engines keep it
qr=no                no QR code; quiet for no lines about requests
"""
_YES: Final = frozenset({"", "yes", "true", "on", "1"})
_NO: Final = frozenset({"no", "false", "off", "0"})
_LONGEST: Final = 8192


@dataclass(slots=True)
class Words:
    """What a command asks for; of a link's policy only what was said."""

    name: str | None = None
    expires_in: float | None = None
    readable: bool = False
    balance: bool = False
    policy: dict[str, Any] = field(default_factory=dict)
    own_key: bool = False
    """Whether its owner chose the key that the link asks for."""
    qr: bool = True
    quiet: bool = False

    def __repr__(self) -> str:  # a policy has secrets
        return f"Words(name={self.name!r})"


def parse_words(command: str) -> Words:
    """What the words of a command ask for. Raises `BadWords`, which repeats no value."""
    if len(command) > _LONGEST:
        raise BadWords("the command is too long")
    try:
        parts = shlex.split(command)
    except ValueError as error:
        raise BadWords(f"the command cannot be read: {error}") from None
    words = Words()
    for part in parts:
        name, sign, value = part.partition("=")
        name = name.removeprefix("--").lower().replace("_", "-")
        _READERS.get(name, _unknown)(words, name, value if sign else "")
    return words


def _unknown(_words: Words, name: str, _value: str) -> None:
    near = difflib.get_close_matches(name, _READERS, n=1)
    hint = f"; did you mean {near[0]}?" if near else ""
    raise BadWords(f"there is no option {name[:40]!r}{hint}")


def _yes(name: str, value: str) -> bool:
    if value.lower() not in _YES | _NO:
        raise BadWords(f"{name}: say yes or no")
    return value.lower() in _YES


def _given(name: str, value: str) -> str:
    if not value:
        raise BadWords(f"{name} needs a value: {name}=…")
    return value


def _name(words: Words, name: str, value: str) -> None:
    words.name = _given(name, value)


def _expires(words: Words, name: str, value: str) -> None:
    try:
        words.expires_in = parse_duration(_given(name, value))
    except ValueError as error:
        raise BadWords(f"{name}: {error}") from None


def _key(words: Words, _name: str, value: str) -> None:
    words.policy["key"] = value or secrets.token_urlsafe(16)
    words.own_key = bool(value)


def _list(policy_name: str) -> Callable[[Words, str, str], None]:
    def read(words: Words, name: str, value: str) -> None:
        words.policy.setdefault(policy_name, []).extend(_given(name, value).split(","))

    return read


def _people(kind: str) -> Callable[[Words, str, str], None]:
    def read(words: Words, name: str, value: str) -> None:
        people = words.policy.setdefault("oidc", {})
        people.setdefault(kind, []).extend(_given(name, value).split(","))

    return read


def _text(policy_name: str) -> Callable[[Words, str, str], None]:
    def read(words: Words, name: str, value: str) -> None:
        words.policy[policy_name] = _given(name, value)

    return read


def _flag(policy_name: str, *, opposite: bool = False) -> Callable[[Words, str, str], None]:
    def read(words: Words, name: str, value: str) -> None:
        words.policy[policy_name] = _yes(name, value) is not opposite

    return read


def _choice(attribute: str, *, opposite: bool = False) -> Callable[[Words, str, str], None]:
    def read(words: Words, name: str, value: str) -> None:
        setattr(words, attribute, _yes(name, value) is not opposite)

    return read


_READERS: Final[dict[str, Callable[[Words, str, str], None]]] = {
    "name": _name,
    "expires": _expires,
    "expires-in": _expires,
    "readable": _choice("readable"),
    "balance": _choice("balance"),
    "password": _text("password"),
    "key": _key,
    "network": _list("networks"),
    "networks": _list("networks"),
    "method": _list("methods"),
    "methods": _list("methods"),
    "people-of": _people("domains"),
    "person": _people("emails"),
    "one-time": _flag("one_time"),
    "starts": _text("starts"),
    "ends": _text("ends"),
    "interstitial": _flag("interstitial"),
    "no-interstitial": _flag("interstitial", opposite=True),
    "index": _flag("index"),
    "qr": _choice("qr"),
    "no-qr": _choice("qr", opposite=True),
    "quiet": _choice("quiet"),
}
