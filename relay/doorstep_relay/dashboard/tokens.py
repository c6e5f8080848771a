"""Tokens: everybody's for admins, their own for members."""

from __future__ import annotations

from typing import Any, Final

import doorstep as ds
from doorstep_relay.control.actors import Actor
from doorstep_relay.control.issuing import TokenFacts
from doorstep_relay.dashboard.desk import Desk, told
from doorstep_relay.dashboard.listing import LOUD, PAGE, Listing, Rows, cut
from doorstep_relay.domain.patterns import parse_patterns
from doorstep_relay.domain.scopes import Scope
from doorstep_relay.domain.times import relative_text
from doorstep_relay.errors import ConfigError

_HEADERS: Final = ("Token", "Account", "For", "May", "Names", "Made by", "Last used", "Until", "State")
_DAYS: Final = {"Until it is revoked": None, "1 day": 1, "30 days": 30, "1 year": 365}


def build(desk: Desk, tab: ds.Tab, *, is_admin: bool) -> None:
    """The tab's parts and what they do."""

    async def fetch(actor: Actor, cursor: int | None) -> tuple[Rows, int | None]:
        everybody = is_admin and actor.may(Scope.admin)
        account = None if everybody else actor.account_name
        found = await desk.services.tokens.list(account=account, after=cursor or 0, limit=PAGE + 1)
        shown, following = cut(found)
        now = desk.now()
        return [_row(token, now) for token in shown], following

    async def create(
        account: str, label: str, scopes: list[str], names: str, lasts: str, request: ds.Request
    ) -> str:
        """A token, shown this once. Nobody gives more than they have."""
        with told():
            actor = await desk.viewer(request)
            own = not (is_admin and actor.may(Scope.admin))
            days = _DAYS[lasts]
            made = await desk.services.tokens.create(
                actor.account_name if own else (account or "").strip() or actor.account_name,
                by=actor,
                expires_in=None if days is None else days * 86400.0,
                scopes=frozenset(map(Scope, scopes)),
                names=_patterns(names or ""),
                label=label or "",
            )
            return made.raw

    async def revoke(key: str, request: ds.Request) -> None:
        """The token opens nothing any more; its links' clients lose it at once."""
        with told():
            actor = await desk.viewer(request)
            await desk.obey(await desk.services.tokens.revoke_one(key, by=actor))

    listing = Listing("Tokens", _HEADERS, desk.viewer, fetch)
    listing.wire(tab)
    with ds.Row():
        account = ds.Textbox(label="Account", placeholder="Your own", max_length=64, visible=is_admin)
        label = ds.Textbox(label="What it is for", max_length=100)
        names = ds.Textbox(label="Names that it may open", placeholder="Any; or ci-* demo", max_length=500)
    with ds.Row():
        offered = [scope.value for scope in Scope if is_admin or scope is not Scope.admin]
        scopes = ds.CheckboxGroup(offered, value=["share", "own"], label="It may")
        lasts = ds.Dropdown(list(_DAYS), value="30 days", label="Good for", filterable=False)
        made = ds.Button("Make token")
    raw = ds.Textbox(label="Token: copy it now, it is shown this once", interactive=False, buttons=["copy"])
    with ds.Row():
        key = ds.Textbox(label="Token to revoke", max_length=64)
        away = ds.Button("Revoke token", variant="stop")
    listing.choose_into(key)
    listing.after(made.click(create, [account, label, scopes, names, lasts], raw, **LOUD))
    listing.after(away.click(revoke, key, None, **LOUD))


def _patterns(text: str) -> tuple[str, ...]:
    try:
        return parse_patterns(text)
    except ValueError as error:
        raise ConfigError(str(error)) from None


def _row(token: TokenFacts, now: float) -> list[Any]:
    state = "revoked" if token.revoked_at is not None else "good" if token.usable(now) else "expired"
    return [
        token.key,
        token.account,
        token.label,
        token.scopes,
        token.names or "any",
        token.created_by,
        relative_text(token.last_used_at, now),
        relative_text(token.expires_at, now),
        state,
    ]
