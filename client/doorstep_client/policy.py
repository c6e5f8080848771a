"""Who may look at a link, as `share()` and `launch()` take it; what is wrong with it is said here already.

The relay is the judge: it reads a policy strictly, and refuses one that it cannot obey. What is checked here
is what would be lost on the way there: a condition that is None or empty because a variable was.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from typing import Any, Final

from doorstep_client.errors import RefusedError, UsageError

LOSABLE: Final = ("index",)
"""What a relay need not say of a policy: it keeps nobody out."""


def make_policy(policy: Mapping[str, Any] | None, password: str | None) -> dict[str, Any] | None:
    """What is sent to the relay; None leaves a share as it is. Raises `UsageError`.

    `password` is short for `{"password": …}`. `{"key": True}` makes a key.
    """
    if policy is None and password is None:
        return None
    made = _checked(policy if policy is not None else {})
    if password is not None:
        if "password" in made:
            raise UsageError("The password is given twice: share_password and the policy's password")
        made["password"] = password
    if not isinstance(made.get("password", "-"), str) or not made.get("password", "-"):
        raise UsageError("The link's password is empty or no string: leave it out, or give one")
    if made.get("key") is True:
        made["key"] = secrets.token_urlsafe(16)
    return made


def _checked(policy: Mapping[str, Any]) -> dict[str, Any]:
    if not isinstance(policy, Mapping):
        raise UsageError(f"A link's policy is a dict, not {type(policy).__name__}")
    for name, value in policy.items():
        if value is None or (isinstance(value, Sequence | Mapping) and not value):
            raise UsageError(f"The link's policy has {name!r} as {value!r}: leave it out, or say what it is")
    return {str(name): _plain(value) for name, value in policy.items()}


def _plain(value: Any) -> Any:
    """Tuples and sets as lists, since JSON has no others."""
    return list(value) if isinstance(value, tuple | set | frozenset) else value


def check_guarded(policy: Mapping[str, Any] | None, guarded: Sequence[str]) -> None:
    """Raises `RefusedError` unless the relay says that it obeys every condition.

    A relay that is older than policies would show the link to everybody.
    """
    asked = [name for name, value in (policy or {}).items() if value is not False and name not in LOSABLE]
    missing = [name for name in asked if name not in guarded]
    if missing:
        raise RefusedError(
            "no-policy",
            f"The relay does not keep the link's {' and '.join(missing)}, so the link was closed: "
            "its operator has to update it",
        )
