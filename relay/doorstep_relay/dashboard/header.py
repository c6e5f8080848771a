"""The head of the page: which relay this is, who is signed in, for how long, and the way out."""

from __future__ import annotations

from typing import Any, Final

import doorstep as ds
from doorstep_relay.control.actors import Actor
from doorstep_relay.dashboard.desk import Desk, SignedOutError
from doorstep_relay.dashboard.listing import QUIET
from doorstep_relay.dashboard.pieces import page_of
from doorstep_relay.dashboard.words import minute_text
from doorstep_relay.domain.times import relative_text
from doorstep_relay.errors import Refusal
from doorstep_relay.markup import Html, fill

SIGNED_OUT: Final = Html(
    '<p role="alert">You are signed in no more. <a href="/sign-in?next=%2F">Sign in</a></p>'
)
_EVERY: Final = 5.0
_SOON: Final = 600.0
_TITLE: Final = '<h1 class="dash-title">$title</h1>'
_WHO: Final = """<div class="who">
<p><strong>$name</strong>, $role. <span title="$until">Session ends $end.</span></p>
<form method="post" action="/sign-out"><button class="button size-sm">Sign out</button></form></div>"""
_ENDS_SOON: Final = (
    '<p role="status">Your session ends $end. <a href="/sign-in?next=%2F">Sign in anew</a> after that.</p>'
)


def build(desk: Desk, page: ds.Blocks) -> None:
    """The head's parts and what they do."""

    async def look(request: ds.Request) -> Any:
        """Who is signed in now; nobody, when the session is over."""
        try:
            actor = await desk.viewer(request)
        except (SignedOutError, Refusal):
            return page_of(SIGNED_OUT)
        return page_of(*_who(actor, desk.now()))

    with ds.Row(elem_classes="dash-head"):
        ds.HTML(page_of(fill(_TITLE, title=f"Relay {desk.services.settings.domain}")))
        who = ds.HTML(elem_id="who")
    page.load(look, None, who, **QUIET)
    ds.Timer(_EVERY).tick(look, None, who, **QUIET, trigger_mode="once")


def _who(actor: Actor, now: float) -> list[Html]:
    ends = actor.token_expires_at
    end = relative_text(ends, now)
    found = [
        fill(
            _WHO, name=actor.account_name, role=actor.role.value, end=end, until=minute_text(ends) or "never"
        )
    ]
    if ends is not None and ends - now < _SOON:
        found.append(fill(_ENDS_SOON, end=end))
    return found
