"""Who may look at a share: what its owner asks for (`Wish`), and what is kept of that (`Policy`).

Everything that a policy names must hold at once. Reading is strict, and fails closed: a field that is
unknown, empty, `null` or of another kind is an error, never a condition that is left out in silence; a
stored policy that cannot be read lets nobody in (`BrokenPolicy`).
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Mapping
from datetime import datetime
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Annotated, Any, Final

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from doorstep_relay.domain.credentials import hash_secret
from doorstep_relay.errors import BadPolicy

Network = IPv4Network | IPv6Network

LEAST_KEY: Final = 16
"""Characters of a key: it is not slowed down as a password is, so it must be beyond guessing."""
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_MOST: Final = 64
"""Networks, domains or addresses in one policy."""
_DOMAIN: Final = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9][a-z0-9-]{0,61}[a-z0-9]|\*")
_EMAIL: Final = re.compile(r"[!#-'*+\-./0-9=?A-Z^-~]{1,64}@[A-Za-z0-9.-]{1,189}")

_Password = Annotated[str, Meta(min_length=1, max_length=256)]
_Key = Annotated[str, Meta(min_length=LEAST_KEY, max_length=128, pattern=r"\A[A-Za-z0-9._~-]+\Z")]
_Some = Annotated[list[str], Meta(min_length=1, max_length=_MOST)]


class People(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Who may look once they have signed in: anybody of these domains (`*` for all), and these addresses."""

    domains: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()

    def admit(self, email: str) -> bool:
        """Whether a (verified) address is one of them."""
        address = email.lower()
        name, _, domain = address.rpartition("@")
        return bool(name) and (address in self.emails or "*" in self.domains or domain in self.domains)


class Wish(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A policy as its owner writes it. `wish` reads one."""

    password: _Password | UnsetType = UNSET
    key: _Key | UnsetType = UNSET
    networks: _Some | UnsetType = UNSET
    methods: _Some | UnsetType = UNSET
    oidc: dict[str, _Some] | UnsetType = UNSET
    one_time: bool = False
    starts: float | str | UnsetType = UNSET
    ends: float | str | UnsetType = UNSET
    interstitial: bool | UnsetType = UNSET
    index: bool = False

    def __repr__(self) -> str:
        return "Wish(…)"


class Policy(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """A policy as it is kept and obeyed. Secrets are hashed; times are unix seconds."""

    password: str = ""
    """As `passwords` hashes it."""
    key: str = ""
    """As `credentials.hash_secret` hashes it."""
    networks: tuple[str, ...] = ()
    methods: tuple[str, ...] = ()
    oidc: People | None = None
    one_time: str = ""
    """The id of the one pass that there is, for the browser that came first."""
    taken: bool = False
    """Whether that pass was given out."""
    starts: float | None = None
    ends: float | None = None
    interstitial: bool | None = None
    """Whether people are told where the page comes from; None as the relay has it."""
    by_admin: bool = False
    """Whether an admin said so: then its owner changes everything but that."""
    index: bool = False
    """Whether search engines may keep it."""

    def __repr__(self) -> str:
        return f"Policy({', '.join(self.conditions)})"

    @property
    def conditions(self) -> tuple[str, ...]:
        """The names of what it asks for, in order; none when everybody may look."""
        asked = (*_CONDITIONS, "interstitial")
        return tuple(name for name in asked if getattr(self, name) not in ("", (), None, False))

    @property
    def is_open(self) -> bool:
        """Whether everybody may look, at any time and with any method."""
        return not any(name in _CONDITIONS for name in self.conditions)

    def stored(self) -> dict[str, Any]:
        """For the database; `read` reads it back."""
        found: dict[str, Any] = msgspec.to_builtins(self)
        return found

    def shown(self) -> dict[str, Any]:
        """For its owner: of secrets, that there are some."""
        hidden = {name: True for name in ("password", "key", "one_time") if getattr(self, name)}
        return self.stored() | hidden

    def parsed_networks(self) -> tuple[Network, ...]:
        return tuple(ip_network(text) for text in self.networks)


OPEN: Final = Policy()
"""Everybody may look."""
_CONDITIONS: Final = ("starts", "ends", "networks", "methods", "key", "one_time", "password", "oidc")


def wish(raw: object) -> Wish:
    """What an owner asks for. Raises `BadPolicy`, which names the field and shows no secret."""
    try:
        return msgspec.convert(raw, Wish, strict=True)
    except msgspec.ValidationError as error:
        raise BadPolicy(_said(str(error))) from None


def policy(asked: Wish, *, password: str = "") -> Policy:
    """The policy that was asked for, with the hash of its password. Raises `BadPolicy`."""
    made = Policy(
        password=password,
        key="" if isinstance(asked.key, UnsetType) else hash_secret(asked.key),
        networks=tuple(_network(text) for text in _or_none(asked.networks)),
        methods=tuple(dict.fromkeys(_method(text) for text in _or_none(asked.methods))),
        oidc=None if isinstance(asked.oidc, UnsetType) else _people(asked.oidc),
        one_time=secrets.token_urlsafe(9) if asked.one_time else "",
        starts=_time("starts", asked.starts),
        ends=_time("ends", asked.ends),
        interstitial=None if isinstance(asked.interstitial, UnsetType) else asked.interstitial,
        index=asked.index,
    )
    return check_times(made)


def check_times(made: Policy) -> Policy:
    """The policy. Raises `BadPolicy` when it ends before it starts."""
    if made.starts is not None and made.ends is not None and made.starts >= made.ends:
        raise BadPolicy("starts must be before ends")
    return made


def told_by(made: Policy, before: Policy, *, is_admin: bool) -> Policy:
    """The policy with what may be said of the interstitial: an admin's word is not its owner's to change."""
    if is_admin:
        return msgspec.structs.replace(made, by_admin=made.interstitial is not None)
    if before.by_admin:
        return msgspec.structs.replace(made, interstitial=before.interstitial, by_admin=True)
    return made


def read(stored: object) -> Policy:
    """A policy as the database has it. Raises `BadPolicy`: then nobody may look."""
    try:
        found = msgspec.convert(stored, Policy, strict=True)
        found.parsed_networks()
    except (msgspec.ValidationError, ValueError) as error:
        raise BadPolicy(f"the stored policy cannot be read: {error}") from None
    if found.oidc is not None and not (found.oidc.domains or found.oidc.emails):
        raise BadPolicy("the stored policy names nobody who may sign in")
    return found


def readable(stored: object) -> Policy:
    """What is there; of one that cannot be read nothing is kept."""
    try:
        return read(stored)
    except BadPolicy:
        return OPEN


def new_key() -> str:
    """A key that nobody guesses: 128 random bits."""
    return secrets.token_urlsafe(16)


# -- one field each ------------------------------------------------------------------------------


def _or_none(value: Iterable[str] | UnsetType) -> Iterable[str]:
    return () if isinstance(value, UnsetType) else value


def _network(text: str) -> str:
    try:
        return str(ip_network(text.strip()))
    except ValueError as error:
        raise BadPolicy(f"networks: {error}; write one like 192.0.2.0/24 or 2001:db8::/32") from None


def _method(text: str) -> str:
    method = text.strip().upper()
    if method not in _METHODS:
        raise BadPolicy(f"methods: {text[:24]!r} is none of {', '.join(sorted(_METHODS))}")
    return method


def _people(given: Mapping[str, list[str]]) -> People:
    unknown = sorted(set(given) - {"domains", "emails"})
    if unknown or not given:
        raise BadPolicy('oidc: give domains, emails or both; domains: ["*"] for everybody who can sign in')
    domains = [text.strip().lower().removeprefix("@") for text in given.get("domains", ())]
    emails = [text.strip().lower() for text in given.get("emails", ())]
    return People(
        tuple(_matching(_DOMAIN, "oidc.domains", text) for text in domains),
        tuple(_matching(_EMAIL, "oidc.emails", text) for text in emails),
    )


def _matching(pattern: re.Pattern[str], field: str, text: str) -> str:
    if not pattern.fullmatch(text):
        raise BadPolicy(f"{field}: {text[:100]!r} is none")
    return text


def _time(field: str, value: float | str | UnsetType) -> float | None:
    """Unix seconds from a number or from ISO 8601 with its zone."""
    if isinstance(value, UnsetType):
        return None
    if not isinstance(value, str):
        if not 0 < value < 1e11:
            raise BadPolicy(f"{field}: {value!r} is no time in unix seconds")
        return float(value)
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        raise BadPolicy(f"{field}: {value[:40]!r} is no time like 2030-01-31T09:00:00+01:00") from None
    if moment.tzinfo is None:
        raise BadPolicy(f"{field}: {value!r} needs its zone, like 2030-01-31T09:00:00+01:00 or …Z")
    return moment.timestamp()


def _said(error: str) -> str:
    """msgspec's message with the field before it: `Expected `str`, got `null` - at `$.password``."""
    text, _, place = error.partition(" - at `$")
    field = place.strip("`").lstrip(".")
    return f"{field}: {text}" if field else text
