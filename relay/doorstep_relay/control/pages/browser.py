"""What the relay's pages know of a browser: who is signed in with it, and whether a form is one of ours.

Links are on the same site as the relay, so `SameSite` does not keep their pages out: the exact origin of
every form is checked. Over https the cookie's name begins with `__Host-`, so no link can set it either.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final
from urllib.parse import parse_qsl

from fastapi import Request, Response
from starlette.requests import HTTPConnection

from doorstep_relay.config import Settings
from doorstep_relay.control.actors import Actor
from doorstep_relay.control.api.callers import address_of
from doorstep_relay.control.noting import note_account
from doorstep_relay.control.pace import Pace
from doorstep_relay.control.turnstile import subscriber
from doorstep_relay.control.web_sessions import SignedIn, WebSessions
from doorstep_relay.errors import ForeignOrigin, TooMany

_MOST_BYTES: Final = 16 * 1024
_TRIES: Final = 10
_TRY_EVERY: Final = 30.0


class Browser:
    """Reads requests to the relay's pages. `clock` gives unix seconds."""

    def __init__(self, settings: Settings, sessions: WebSessions, clock: Callable[[], float]) -> None:
        self._settings = settings
        self._sessions = sessions
        self._clock = clock
        self._guesses = Pace(_TRIES, _TRY_EVERY)
        self.secure = settings.public_scheme == "https"
        self.cookie = "__Host-doorstep" if self.secure else "doorstep"

    async def who(self, request: HTTPConnection) -> Actor | None:
        """Who is signed in."""
        secret = self.secret(request)
        actor = await self._sessions.who(secret) if secret else None
        if actor is not None:
            note_account(request.scope, actor.account_name)
        return actor

    def secret(self, request: HTTPConnection) -> str:
        """The session's cookie; empty when there is none."""
        return request.cookies.get(self.cookie, "")

    def keep(self, response: Response, signed_in: SignedIn) -> None:
        """Have the browser show the session from now on."""
        response.set_cookie(
            self.cookie,
            signed_in.secret,
            max_age=int(signed_in.lasts),
            httponly=True,
            samesite="strict",
            secure=self.secure,
            path="/",
        )

    def drop(self, response: Response) -> None:
        """Have the browser forget the session."""
        response.delete_cookie(self.cookie, httponly=True, samesite="strict", secure=self.secure, path="/")

    async def form(self, request: Request) -> dict[str, str]:
        """The fields of a form that one of our pages sent. Raises `ForeignOrigin`."""
        self._check_origin(request)
        body = b""
        async for chunk in request.stream():
            body += chunk
            if len(body) > _MOST_BYTES:
                raise ForeignOrigin
        return dict(parse_qsl(body.decode("utf-8", "replace"), max_num_fields=20))

    def check_guess(self, request: Request) -> None:
        """Count a try of something secret. Raises `TooMany`."""
        wait = self._guesses.take(subscriber(address_of(request)), self._clock())
        if wait > 0:
            raise TooMany("too many tries", wait)

    def was_right(self, request: Request) -> None:
        """The try that was counted was no guess."""
        self._guesses.give_back(subscriber(address_of(request)))

    def _check_origin(self, request: Request) -> None:
        """A form of our own comes from this very origin: browsers say so, and no page can say it for them."""
        ours = f"{self._settings.public_scheme}://{request.headers.get('host', '')}"
        if request.headers.getlist("origin") != [ours]:
            raise ForeignOrigin
        if request.headers.get("sec-fetch-site", "same-origin") != "same-origin":
            raise ForeignOrigin


def local(path: str) -> str:
    """A path of ours to go on to; `/` for whatever leads elsewhere."""
    plain = path.isascii() and path.isprintable() and "\\" not in path
    return path if plain and path.startswith("/") and not path.startswith("//") and len(path) < 200 else "/"
