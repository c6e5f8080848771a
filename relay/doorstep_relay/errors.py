"""What can go wrong in a relay, by whose fault it is.

    RelayError
    ├── OperatorError             the operator's: the relay does not start, the command exits
    │   ├── ConfigError           a setting has a value that cannot be used
    │   ├── SchemaError           the database is not one that this version can work with
    │   ├── BackupError           a backup cannot be written, read or restored
    │   └── NotFoundError         a command names a token, an account or a share that is not there
    ├── Refusal                   the client's or caller's: has .code, .fatal and .status
    │   ·  who asks, and what they may do
    │   ├── BadToken              no token, or one that opens nothing   bad-token     401
    │   ├── Forbidden             a good token that may not do this     forbidden     403
    │   ├── NameForbidden         a name that the token may not open    name-forbidden 403
    │   ├── TooBroad              a token wider than its maker's        too-broad     403
    │   ├── Banned                the account is shut out               banned        403
    │   ├── NeedsAccount          asked for by somebody without one     needs-account 403
    │   ├── BadTicket             not a ticket for this tunnel          bad-ticket    401
    │   ·  signing in
    │   ├── BadCode               no invitation, or no login, of that   bad-code      404
    │   ├── ForeignOrigin         a form that no page of ours sent      foreign-origin 403
    │   ├── SignInFailed          the identity provider says no         sign-in-failed 403
    │   ├── NotInvited            somebody whom nobody let in           not-invited   403
    │   ├── LoginPending          nobody has said yes yet               (RFC 8628)    400
    │   ·  accounts, and what opens them
    │   ├── NoSuchAccount         there is none of that name            no-such-account 404
    │   ├── AccountExists         there is one of that name             account-exists 409
    │   ├── NoSuchToken           unknown, or not the caller's          no-such-token 404
    │   ├── BadKey                no public key that could be registered bad-key      422
    │   ├── KeyTaken              a public key that is somebody's already key-taken   409
    │   ├── NoSuchKey             unknown, or not the caller's          no-such-key   404
    │   ├── NoSuchInvitation      unknown, used or revoked              no-such-invitation 404
    │   ·  names and domains
    │   ├── NameRefused           not a name that this relay gives out  name-refused  422
    │   ├── NameTaken             the name is somebody else's           name-taken    409
    │   ├── NameRevoked           the operator took the name back       revoked       410
    │   ├── NoSuchRule            no rule of this pattern of names      no-such-rule  404
    │   ├── BadDomain             not a host name that could be shown   bad-domain    422
    │   ├── NoSuchDomain          unknown, or not the caller's          no-such-domain 404
    │   ├── NotProven             its TXT record is not there           not-proven    409
    │   ·  shares
    │   ├── BadWords              options of an SSH command that mean nothing bad-words 422
    │   ├── BadLifetime           an `expires_in` that means nothing    bad-lifetime  422
    │   ├── BadPolicy             a policy that cannot be obeyed        bad-policy    422
    │   ├── BadReport             a visitor's report that says nothing  bad-report    422
    │   ├── NoSuchReport          unknown, or closed already            no-such-report 404
    │   ├── TooMany               more sessions or shares than one may  too-many      429
    │   ├── BadLimit              a limit that means nothing            bad-limit     422
    │   ├── TooManyShares         as many shares as the account may     limit         429
    │   ├── NoSuchShare           unknown, or not the caller's          no-such-share 404
    │   ├── PausedByAdmin         only an admin lets it go on           paused-by-admin 403
    │   ├── ShareActive           it is not over yet                    share-active  409
    │   └── ShareEnded            expired, revoked or closed            (the state)   410
    └── InvalidTransition         ours: a share was asked for a step that its state does not have

A refusal's `code` is stable: programs compare it. Its text is for people and may change.
"""

from __future__ import annotations

import math
from typing import ClassVar


class RelayError(Exception):
    """Every error that this package raises on purpose."""


# -- the operator's ------------------------------------------------------------------------------


class OperatorError(RelayError):
    """Something that whoever runs the relay has to put right; the message says how."""


class ConfigError(OperatorError):
    """A setting has a value that cannot be used."""


class SchemaError(OperatorError):
    """The database is not one that this version can work with."""


class BackupError(OperatorError):
    """A backup cannot be written, read, or restored here."""


class NotFoundError(OperatorError):
    """A command names a token, an account or a share that is not there."""


# -- the client's or the caller's ----------------------------------------------------------------


class Refusal(RelayError):
    """A request was refused. `fatal` means that asking again unchanged cannot help."""

    code: str = "refused"
    fatal: ClassVar[bool] = True
    status: ClassVar[int] = 400
    """The HTTP status of the REST API's answer."""

    @property
    def message(self) -> str:
        """The sentence for the person at the other end."""
        return str(self)


# -- refusals: who asks, and what they may do ----------------------------------------------------


class BadToken(Refusal):
    """No token, or one that opens nothing: malformed, unknown, expired and revoked look alike."""

    code = "bad-token"
    status = 401

    def __init__(self) -> None:
        super().__init__("this token is not valid here; ask the relay's operator for a new one")


class Forbidden(Refusal):
    """The token is good, but what was asked for needs one that may do more."""

    code = "forbidden"
    status = 403

    def __init__(self, scope: object) -> None:
        super().__init__(f"this token may not do that: it needs the scope {scope!s}")


class NameForbidden(Refusal):
    """The token opens only names of some patterns, and this is none of them."""

    code = "name-forbidden"
    status = 403

    def __init__(self, patterns: tuple[str, ...]) -> None:
        super().__init__(f"this token may open only names like {', '.join(patterns)}; give one of them")


class TooBroad(Refusal):
    """Who makes a token may give it nothing that their own has not."""

    code = "too-broad"
    status = 403

    def __init__(self, what: str) -> None:
        super().__init__(f"a token cannot be given {what} that the one that makes it has not")


class Banned(Refusal):
    """The account is shut out, with all its tokens and links."""

    code = "banned"
    status = 403

    def __init__(self, reason: str = "") -> None:
        why = f" ({reason})" if reason else ""
        super().__init__(f"this account is banned{why}; ask the relay's operator")
        self.reason = reason


class NeedsAccount(Refusal):
    """Several clients hold a share together only if it has an owner: on an open relay nobody is the same."""

    code = "needs-account"
    status = 403

    def __init__(self) -> None:
        super().__init__("several clients on one name need an account: give a token")


class BadTicket(Refusal):
    """Not a ticket of this relay, or one whose time is over. A fresh `dial` brings a fresh ticket."""

    code = "bad-ticket"
    fatal = False
    status = 401

    def __init__(self) -> None:
        super().__init__("this ticket is not valid here, or its time is over")


# -- refusals: signing in ------------------------------------------------------------------------


class BadCode(Refusal):
    """A code that opens nothing: unknown, used, expired and revoked look alike."""

    code = "bad-code"
    status = 404

    def __init__(self) -> None:
        super().__init__("this code is not valid, or no longer; ask for a new one")


class ForeignOrigin(Refusal):
    """A form was sent by another page than one of the relay's own (cross-site request forgery)."""

    code = "foreign-origin"
    status = 403

    def __init__(self) -> None:
        super().__init__("no page of this relay sent this form; open the page again")


class SignInFailed(Refusal):
    """The identity provider could not be asked, or what it said is not as it should be."""

    code = "sign-in-failed"
    status = 403

    def __init__(self, provider: str, why: str) -> None:
        super().__init__(f"signing in with {provider} did not work ({why}); try again")


class NotInvited(Refusal):
    """The identity provider knows this person, and this relay does not let them in."""

    code = "not-invited"
    status = 403


class LoginPending(Refusal):
    """A login has no token yet, or gets none: `code` says which, as RFC 8628 3.5 names it."""

    status = 400

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


# -- refusals: accounts, and what opens them -----------------------------------------------------


class NoSuchAccount(Refusal):
    """There is no account of this name."""

    code = "no-such-account"
    status = 404

    def __init__(self, name: str) -> None:
        super().__init__(f"no such account: {name!r}")


class AccountExists(Refusal):
    """There is an account of this name already."""

    code = "account-exists"
    status = 409

    def __init__(self, name: str) -> None:
        super().__init__(f"there is an account {name!r} already; choose another name")


class NoSuchToken(Refusal):
    """There is no such token, or it is not the caller's: the two look alike."""

    code = "no-such-token"
    status = 404

    def __init__(self, key: str) -> None:
        super().__init__(f"no such token: {key!r}")


class BadKey(Refusal):
    """Not a public key that could be registered."""

    code = "bad-key"
    status = 422


class KeyTaken(Refusal):
    """A public key opens one account; this one is registered already."""

    code = "key-taken"
    status = 409

    def __init__(self) -> None:
        super().__init__("this key is registered already; a key belongs to one account")


class NoSuchKey(Refusal):
    """There is no such public key, or it is not the caller's: the two look alike."""

    code = "no-such-key"
    status = 404

    def __init__(self, key: str) -> None:
        super().__init__(f"no such key: {key[:64]!r}")


class NoSuchInvitation(Refusal):
    """There is no such invitation, or it is used or revoked."""

    code = "no-such-invitation"
    status = 404

    def __init__(self, number: int) -> None:
        super().__init__(f"no such invitation: {number}")


# -- refusals: names and domains -----------------------------------------------------------------


class NameRefused(Refusal):
    """Not a name that this relay gives out."""

    code = "name-refused"
    status = 422


class NameTaken(Refusal):
    """The name is in use by, or kept for, somebody else."""

    code = "name-taken"
    status = 409

    def __init__(self, name: str) -> None:
        super().__init__(f"the name {name!r} is somebody else's; choose another, or none for a random one")


class NameRevoked(Refusal):
    """The name was revoked, and is given to nobody until the operator releases it."""

    code = "revoked"
    status = 410

    def __init__(self, name: str, reason: str = "") -> None:
        why = f" ({reason})" if reason else ""
        super().__init__(f"the name {name!r} was revoked{why}; choose another one")
        self.reason = reason


class NoSuchRule(Refusal):
    """There is no rule of this pattern of names, or it is another account's."""

    code = "no-such-rule"
    status = 404

    def __init__(self, pattern: str) -> None:
        super().__init__(f"no rule is about {pattern[:64]!r}")


class BadDomain(Refusal):
    """Not a host name that could show somebody's share."""

    code = "bad-domain"
    status = 422


class NoSuchDomain(Refusal):
    """There is no such host name here, or it is not the caller's: the two look alike."""

    code = "no-such-domain"
    status = 404

    def __init__(self, host: str) -> None:
        super().__init__(f"no such domain: {host[:253]!r}")


class NotProven(Refusal):
    """The TXT record that would prove whose a host name is was not found."""

    code = "not-proven"
    fatal = False
    status = 409

    def __init__(self, record: str, value: str, why: str) -> None:
        super().__init__(f"there is no TXT record {record} with the value {value} yet ({why})")


# -- refusals: shares ----------------------------------------------------------------------------


class BadWords(Refusal):
    """The words of an SSH command are no options of a link."""

    code = "bad-words"
    status = 422


class BadLifetime(Refusal):
    """`expires_in` is not a number of seconds that a share could live."""

    code = "bad-lifetime"
    status = 422


class BadPolicy(Refusal):
    """A policy that cannot be read, or not be obeyed: never one that is followed in part."""

    code = "bad-policy"
    status = 422


class BadReport(Refusal):
    """A visitor's report that does not say what it is about."""

    code = "bad-report"
    status = 422


class NoSuchReport(Refusal):
    """There is no such report, or it is closed already."""

    code = "no-such-report"
    status = 404

    def __init__(self, number: int) -> None:
        super().__init__(f"no open report has the number {number}")


class TooMany(Refusal):
    """More sessions, or shares opened in too short a time, than one client may have."""

    code = "too-many"
    fatal = False
    status = 429

    def __init__(self, message: str, retry_after: float) -> None:
        super().__init__(f"{message}; try again in {math.ceil(retry_after)} s")
        self.retry_after = retry_after


class BadLimit(Refusal):
    """A limit that there is not, or a number that cannot be one."""

    code = "bad-limit"
    status = 422


class TooManyShares(Refusal):
    """The account's shares hold as many names as they may."""

    code = "limit"
    status = 429

    def __init__(self, most: int) -> None:
        shares = "share" if most == 1 else "shares"
        super().__init__(f"this account may have {most} {shares} at a time; end one of them first")


class NoSuchShare(Refusal):
    """There is no such share, or it is not the caller's: the two look alike."""

    code = "no-such-share"
    status = 404

    def __init__(self, name: str) -> None:
        super().__init__(f"no such share: {name!r}")


class PausedByAdmin(Refusal):
    """An admin paused the share, and its owner would let it go on."""

    code = "paused-by-admin"
    status = 403

    def __init__(self, name: str) -> None:
        super().__init__(f"an admin of this relay paused {name}; only an admin can let it go on")


class ShareActive(Refusal):
    """The share still holds its name: that is not to be given free."""

    code = "share-active"
    status = 409

    def __init__(self, name: str, state: str) -> None:
        super().__init__(f"{name!r} is {state}, not ended; revoke it before its release")


class ShareEnded(Refusal):
    """The share is over for this client: `code` is expired, revoked, closed, or taken-over."""

    status = 410

    def __init__(self, code: str, reason: str = "") -> None:
        super().__init__(f"this share is {code}: {reason}" if reason else f"this share is {code}")
        self.code = code
        self.reason = reason


# -- ours ----------------------------------------------------------------------------------------


class InvalidTransition(RelayError):
    """A share was asked for a step that its state does not have: a bug in the relay."""
