"""What the relay itself answers to a visitor: one code each, with a status and words for people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Answer:
    """One thing that the relay says: `code` is stable, programs may rely on it."""

    code: str
    status: int
    title: str
    text: str
    retry_after: int | None = None
    """Seconds; the page also reloads itself after them, if they are few."""


def _table(*answers: Answer) -> dict[str, Answer]:
    return {answer.code: answer for answer in answers}


ANSWERS: Final = _table(
    Answer(
        "no-such-share",
        404,
        "There is no link of this name",
        "Check the address: one wrong letter is enough. A link that was closed long ago is forgotten too.",
    ),
    Answer(
        "offline",
        503,
        "This link is offline right now",
        "The computer behind it is not connected. This page tries again by itself.",
        retry_after=5,
    ),
    Answer(
        "paused",
        503,
        "This link is paused",
        "Its owner, or the people who run this relay, let nobody see it for now. "
        "This page tries again by itself.",
        retry_after=15,
    ),
    Answer(
        "expired",
        410,
        "This link has expired",
        "Its time was up. Ask the person who sent it to you for a new one.",
    ),
    Answer(
        "revoked",
        410,
        "This link was revoked",
        "It was ended by its owner or by the people who run this relay.",
    ),
    Answer(
        "closed",
        410,
        "This link is closed",
        "The app behind it was stopped. Ask the person who sent it to you for a new one.",
    ),
    Answer(
        "taken-over",
        503,
        "This link was opened again elsewhere",
        "What you asked for was cut by that. Ask again: the link should work.",
        retry_after=1,
    ),
    Answer(
        "app-refused",
        502,
        "The app behind this link does not answer",
        "The link works, but nothing listens where it leads to.",
        retry_after=10,
    ),
    Answer(
        "app-failed",
        502,
        "The app behind this link broke off",
        "It ended the connection before its answer was complete.",
    ),
    Answer(
        "app-timeout",
        504,
        "The app behind this link took too long",
        "It may be busy. Try again in a moment.",
    ),
    Answer(
        "limit",
        429,
        "This link is at its limit",
        "More is asked of it at once than it may serve. Try again in a moment.",
        retry_after=2,
    ),
    Answer(
        "quota",
        429,
        "This link has served all that it may this month",
        "It works again when the next month begins, or when its limit is raised.",
        retry_after=86400,
    ),
    Answer(
        "too-large",
        413,
        "The request is too large",
        "What was sent exceeds what this link takes.",
    ),
    Answer(
        "busy",
        503,
        "The relay is busy",
        "It cannot take this request right now. This page tries again by itself.",
        retry_after=5,
    ),
    Answer(
        "password-required",
        401,
        "This link asks for a password",
        "Send it as HTTP Basic authentication (any user name), or in the header Doorstep-Password.",
    ),
    Answer(
        "key-required",
        401,
        "This link needs its key",
        "Open the complete address that you were sent: its end, after ?k=, is the key. "
        "Programs may send the key in the header Doorstep-Key.",
    ),
    Answer(
        "sign-in-required",
        401,
        "This link asks who you are",
        "Open it in a browser and sign in.",
    ),
    Answer(
        "browser-required",
        403,
        "This link is for one browser",
        "The first browser that opens it keeps it. Open it there.",
    ),
    Answer(
        "taken",
        410,
        "This link was used",
        "It was for one browser only, and another one was first. Ask the person who sent it for a new one.",
    ),
    Answer(
        "not-allowed",
        403,
        "You may not open this link",
        "Its owner lets only some people in.",
    ),
    Answer(
        "not-yet",
        403,
        "This link is not open yet",
        "Its owner opens it later.",
    ),
    Answer(
        "method-not-allowed",
        405,
        "This link does not take such requests",
        "Its owner allows only some methods of HTTP.",
    ),
    Answer(
        "too-many-tries",
        429,
        "Too many wrong passwords",
        "Wait a moment before you try again.",
    ),
    Answer(
        "policy-broken",
        503,
        "This link is closed to everybody",
        "Who may open it cannot be told. Its owner or the people who run this relay have to set that again.",
    ),
    Answer(
        "misdirected",
        421,
        "This connection belongs to another link",
        "Open the address again: it needs a connection of its own.",
    ),
    Answer(
        "bad-request",
        400,
        "This request cannot be understood",
        "It does not follow the rules of HTTP.",
    ),
    Answer(
        "head-too-large",
        431,
        "The request is too large",
        "Its header fields exceed what this relay passes on. Clearing cookies may help.",
    ),
    Answer(
        "head-timeout",
        408,
        "The request did not arrive in time",
        "The connection may be slow. Try again.",
    ),
    Answer(
        "body-timeout",
        408,
        "The request did not arrive in time",
        "What was being sent stopped in the middle. Try again.",
    ),
    Answer(
        "not-implemented",
        501,
        "This request cannot be passed on",
        "It uses a method or a transfer coding that this relay does not know.",
    ),
    Answer(
        "not-found",
        404,
        "Nothing is here",
        "This address belongs to the relay, and it has nothing at this path.",
    ),
    Answer(
        "ticket-refused",
        403,
        "This tunnel connection is not welcome",
        "Its ticket is missing, too old, or for another share.",
    ),
)

_BY_STATUS: Final = {
    400: "bad-request",
    408: "head-timeout",
    431: "head-too-large",
    501: "not-implemented",
    502: "app-failed",
}


def code_for(status: int) -> str:
    """The code of a message that was refused with `status`."""
    return _BY_STATUS.get(status, "bad-request")
