"""What can go wrong between a client and a relay, by whose fault it is.

DoorstepError
├── UsageError               the caller's: a wrong argument or a missing setting
│   ├── NoRelayError         no relay is configured
│   └── BadTargetError       what was to be shared cannot be shared
├── RefusedError             the relay said no, and asking again cannot help (has .code)
├── EndedError               the relay ended the share: expired, revoked, taken over (has .code)
├── UnreachableError         the relay cannot be reached
└── WireError                the peer does not speak our protocol
"""

from __future__ import annotations


class DoorstepError(Exception):
    """Every error that this package raises on purpose."""


class UsageError(DoorstepError):
    """A wrong argument or a missing setting; the message says which and what to do."""


class NoRelayError(UsageError):
    """No relay is configured."""


class BadTargetError(UsageError):
    """What was to be shared is neither an ASGI app nor a port."""


class RefusedError(DoorstepError):
    """The relay refused, and asking again cannot help.

    `code` is the relay's stable code: `bad-token`, `name-taken`, `name-refused`, `revoked`, …
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class EndedError(DoorstepError):
    """The relay ended the share; `code` is `expired`, `revoked`, `closed` or `taken-over`."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason or code)
        self.code = code
        self.reason = reason


class UnreachableError(DoorstepError):
    """The relay cannot be reached: its name, port, TLS or a proxy between is at fault.

    `retry_after` is after how many seconds it wants to be asked again, if it said so. `advice` is what to do
    about `why`, where that is known; as text it is both.
    """

    def __init__(self, why: str, *, retry_after: float = 0.0, advice: str = "") -> None:
        super().__init__(f"{why}. {advice[:1].upper()}{advice[1:]}" if advice else why)
        self.why = why
        self.advice = advice
        self.retry_after = retry_after


class WireError(DoorstepError):
    """The peer sent something that is not a message of this protocol."""
