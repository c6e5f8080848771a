"""The gate of a share: of each request, whether it may pass, and if not, what is said. Pure.

The order of the conditions is the order of the checks: what cannot be changed by showing something (times,
networks, methods) comes first, then what is shown (key, one-time pass, password, identity), then what people
are told. A request passes when none of them stands against it.
"""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final

import msgspec

from doorstep_relay.domain import landing
from doorstep_relay.domain.credentials import hash_secret
from doorstep_relay.domain.passes import COOKIE, LIFETIME, Identity, Pass, PassKey, mark, set_cookie
from doorstep_relay.domain.policy import Policy


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """What a gate asks of a request."""

    method: str
    target: bytes
    address: str
    """The visitor's, behind trusted proxies the one that they tell."""
    secure: bool = False
    """Whether the visitor came over https."""
    passes: tuple[bytes, ...] = ()
    """Cookies of the pass's name."""
    keys: tuple[bytes, ...] = ()
    """Values of `Doorstep-Key`."""
    password: str | None = None
    """From `Authorization: Basic` or `Doorstep-Password`, where there is exactly one of the two."""
    navigates: bool = False
    """Whether it is a browser that shows what it gets as a page, in a frame or not."""
    top_level: bool = False
    """Whether that page has a window of its own."""
    by_script: bool = False
    """Whether a page in a browser asks: that would show its own dialog for `Basic`."""
    skips: bool = False
    """Whether it asked not to be told where the page comes from."""


@dataclass(frozen=True, slots=True)
class Admit:
    """The request goes on, without what was meant for the relay."""

    target: bytes
    identity: Identity | None = None
    by_password: bool = False
    """It showed the share's password: that is no business of the app's."""


@dataclass(frozen=True, slots=True)
class Deny:
    """The relay answers, by one of its codes."""

    code: str
    reason: str = ""
    fields: tuple[tuple[str, str], ...] = ()
    """Header fields that the answer needs."""


@dataclass(frozen=True, slots=True)
class Redirect:
    """The browser asks again elsewhere on this host, perhaps with a cookie."""

    location: str
    cookie: str = ""


@dataclass(frozen=True, slots=True)
class AskPassword:
    """Whether a password is right takes a moment; judge again when it was `prove`d."""

    password: str


Verdict = Admit | Deny | Redirect | AskPassword

_STEPS: Final = ("key", "password", "oidc", "one_time")
_NOTHING: Final = Pass(0.0)
_BROKEN: Final = Deny("policy-broken")


class Gate:
    """Judges the requests to one share. `policy` is None when it could not be read: nobody passes then."""

    def __init__(
        self, share_id: int, name: str, policy: Policy | None, passes: PassKey, *, interstitial: bool
    ) -> None:
        self.share_id = share_id
        self.name = name
        self.policy = policy
        self.interstitial = interstitial
        self._passes = passes
        self._networks = policy.parsed_networks() if policy else ()
        self._password = mark(policy.password) if policy else ""
        self._key = mark(policy.key) if policy else ""
        self.settled = False
        """Whether those who were inside when its time had passed were turned out."""
        self._salt = secrets.token_bytes(16)
        self._proven = b""

    def judge(self, visit: Visit, now: float) -> Verdict:
        """Whether a request passes."""
        policy = self.policy
        if policy is None:
            return _BROKEN
        against = self.closed_to(visit.address, now)
        if against is None and policy.methods and visit.method not in policy.methods:
            against = Deny("method-not-allowed", fields=(("Allow", ", ".join(policy.methods)),))
        return against or self._shown(policy, visit, self.read_pass(visit.passes, now), now)

    def read_pass(self, cookies: tuple[bytes, ...], now: float) -> Pass:
        """The first good pass of those shown; else one that says nothing."""
        read = (self._passes.read(self.share_id, cookie, now) for cookie in cookies)
        return next((found for found in read if found is not None), _NOTHING)

    # -- passwords -----------------------------------------------------------------------------

    def prove(self, password: str) -> None:
        """This is the password: who shows it again passes without the slow comparison."""
        self._proven = self._digest(password)

    def is_proven(self, password: str) -> bool:
        """Whether it is one that was proven before."""
        return bool(self._proven) and hmac.compare_digest(self._proven, self._digest(password))

    def inherit(self, before: Gate) -> None:
        """Take over what the gate before this one had proven, as far as it is still true."""
        if self._password and self._password == before._password:
            self._salt, self._proven = before._salt, before._proven

    def _digest(self, password: str) -> bytes:
        return hmac.digest(self._salt, password.encode("utf-8", "surrogatepass"), "sha256")

    # -- what a page of ours has to ask for ----------------------------------------------------

    def misses(self, found: Pass, now: float) -> tuple[str, ...]:
        """The conditions that a pass does not meet yet, of those that a person can meet on a page.

        The one pass comes last: it is for somebody who meets all the others.
        """
        return tuple(name for name in _STEPS if not self._meets(name, found, now))

    def _meets(self, name: str, found: Pass, now: float) -> bool:
        policy = self.policy
        if policy is None:
            return False
        match name:
            case "key":
                return not policy.key or found.key == self._key
            case "one_time":
                return not policy.one_time or found.one_time == policy.one_time
            case "password":
                return not policy.password or found.password == self._password
            case _:
                return policy.oidc is None or self._is_welcome(policy, found.who, now)

    def _is_welcome(self, policy: Policy, who: Identity | None, now: float) -> bool:
        return (
            who is not None and policy.oidc is not None and who.until > now and policy.oidc.admit(who.email)
        )

    def opens(self, key: bytes) -> bool:
        """Whether this is the share's key."""
        policy = self.policy
        if policy is None or not policy.key:
            return False
        return hmac.compare_digest(hash_secret(key.decode("utf-8", "replace")), policy.key)

    def with_key(self, found: Pass, now: float) -> Pass:
        return self._renewed(found, now, key=self._key)

    def with_password(self, found: Pass, now: float) -> Pass:
        return self._renewed(found, now, password=self._password)

    def with_one_time(self, found: Pass, now: float) -> Pass:
        return self._renewed(found, now, one_time=self.policy.one_time if self.policy else "")

    def with_identity(self, found: Pass, who: Identity, now: float) -> Pass:
        return self._renewed(found, now, who=who)

    def with_telling(self, found: Pass, now: float) -> Pass:
        return self._renewed(found, now, told=True)

    def _renewed(self, found: Pass, now: float, **more: object) -> Pass:
        return msgspec.structs.replace(found, expires=now + LIFETIME, **more)

    def cookie(self, given: Pass, *, secure: bool) -> str:
        """The `Set-Cookie` value that hands a pass out."""
        signed = self._passes.sign(self.share_id, given)
        return set_cookie(COOKIE, signed, secure=secure, lifetime=LIFETIME)

    def challenge(self, scheme: str) -> tuple[tuple[str, str], ...]:
        """What a refusal says of how to do better."""
        return (("WWW-Authenticate", f'{scheme} realm="{self.name}"'),)

    # -- the conditions, in their order --------------------------------------------------------

    def closed_to(self, address: str, now: float) -> Deny | None:
        """What nothing that is shown could change: the time, and where somebody is."""
        policy = self.policy
        if policy is None:
            return _BROKEN
        if policy.starts is not None and now < policy.starts:
            return Deny("not-yet")
        if policy.ends is not None and now >= policy.ends:
            return Deny("expired", "It was open until a time that has passed.")
        if self._networks and not self._is_near(address):
            return Deny("not-allowed", "It is open to some networks only, and yours is none of them.")
        return None

    def is_over(self, now: float) -> bool:
        """Whether its time has passed."""
        return self.policy is not None and self.policy.ends is not None and now >= self.policy.ends

    def _is_near(self, address: str) -> bool:
        try:
            found = ip_address(address.partition("%")[0])
        except ValueError:
            return False
        return any(found in network for network in self._networks)

    def _shown(self, policy: Policy, visit: Visit, found: Pass, now: float) -> Verdict:
        target, keyless = self._by_key(policy, visit, found, now)
        against = (
            keyless or self._by_pass(policy, visit, found, now) or self._by_telling(visit, found, target)
        )
        if against is not None:
            return against
        by_password = visit.password is not None and self.is_proven(visit.password)
        return Admit(target, found.who if policy.oidc else None, by_password)

    def _by_key(
        self, policy: Policy, visit: Visit, found: Pass, now: float
    ) -> tuple[bytes, Deny | Redirect | None]:
        """The target without the key, and what stands against the request.

        A browser gets a pass for the key, and the address without it: neither the address bar nor the
        history nor the next Referer keeps it. A program just goes on.
        """
        if not policy.key:
            return visit.target, None
        keys, rest = landing.take_key(visit.target)
        if not any(self.opens(key) for key in keys):
            known = self._has_key(visit, found, now)
            return visit.target, None if known else Deny("key-required", fields=self.challenge("Doorstep"))
        if visit.navigates:
            cookie = self.cookie(self.with_key(found, now), secure=visit.secure)
            return rest, Redirect(landing.safe_next(rest.decode("latin-1")), cookie)
        return rest, None

    def _by_pass(self, policy: Policy, visit: Visit, found: Pass, now: float) -> Verdict | None:
        if not self._meets("one_time", found, now):
            return self._not_the_one(policy, visit)
        if not self._meets("password", found, now):
            if visit.password is None:
                return self._no_password(visit)
            if not self.is_proven(visit.password):
                return AskPassword(visit.password)
        return None if self._meets("oidc", found, now) else self._stranger(visit)

    def _by_telling(self, visit: Visit, found: Pass, target: bytes) -> Redirect | None:
        if not self.interstitial or not visit.top_level or visit.skips or found.told:
            return None
        return Redirect(landing.through(landing.WELCOME, target))

    def _has_key(self, visit: Visit, found: Pass, now: float) -> bool:
        by_field = len(visit.keys) == 1 and self.opens(visit.keys[0])
        return by_field or self._meets("key", found, now)

    def _not_the_one(self, policy: Policy, visit: Visit) -> Verdict:
        if policy.taken:
            return Deny("taken")
        if visit.navigates:
            return Redirect(landing.through(landing.LOGIN, visit.target))
        return Deny("browser-required")

    def _no_password(self, visit: Visit) -> Verdict:
        if visit.navigates:
            return Redirect(landing.through(landing.LOGIN, visit.target))
        return Deny("password-required", fields=self.challenge("Doorstep" if visit.by_script else "Basic"))

    def _stranger(self, visit: Visit) -> Verdict:
        if visit.navigates:
            return Redirect(landing.through(landing.LOGIN, visit.target))
        return Deny("sign-in-required", fields=self.challenge("Doorstep"))
