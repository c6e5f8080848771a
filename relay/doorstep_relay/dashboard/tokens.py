"""Tokens: everybody's for admins, their own for members."""

from __future__ import annotations

from typing import Any, Final

import doorstep as ds
from doorstep_relay.control.actors import Actor
from doorstep_relay.control.issuing import TokenFacts
from doorstep_relay.dashboard.confirming import Confirmation, Question
from doorstep_relay.dashboard.desk import Desk, told
from doorstep_relay.dashboard.listing import LOUD, PAGE, QUIET, Listing, Rows, cut
from doorstep_relay.domain.patterns import parse_patterns
from doorstep_relay.domain.scopes import Scope
from doorstep_relay.domain.times import relative_text
from doorstep_relay.errors import ConfigError

_HEADERS: Final = ("Token", "Account", "For", "May", "Names", "Made by", "Last used", "Until", "State")
_DAYS: Final = {"Until it is revoked": None, "1 day": 1, "30 days": 30, "1 year": 365}


class TokenTab:
    """Built where it stands on the page."""

    def __init__(self, desk: Desk, tab: ds.Tab, *, is_admin: bool) -> None:
        self._desk = desk
        self._is_admin = is_admin
        self._offered = [scope.value for scope in Scope if is_admin or scope is not Scope.admin]
        filters = []
        if is_admin:
            with ds.Group(), ds.Row(elem_classes="fields"):
                filters.append(ds.Textbox(label="Account", placeholder="Its exact name", max_length=64))
        self._listing = Listing("Tokens", _HEADERS, desk.viewer, self.fetch, filters)
        self._listing.wire(tab)
        self._build_one()
        self._build_new()

    def _build_one(self) -> None:
        with ds.Column(visible=False, elem_classes="detail") as box:
            with ds.Group(), ds.Row(elem_classes="fields"):
                key = ds.Textbox(label="Token", info="Its public id", interactive=False)
                label, names, scopes = self._fields("this token")
            with ds.Row(elem_classes="dash-actions"):
                save, away = (
                    ds.Button("Save token", variant="primary"),
                    ds.Button("Revoke token", variant="stop"),
                )
            confirm = Confirmation()
        self._listing.table.select(self.choose, None, [box, key, label, names, scopes], **QUIET)
        self._listing.after(save.click(self.save, [key, label, scopes, names], None, **LOUD))
        confirm.ask(away, self.ask_revoke, [key, label])
        confirm.on("revoke", self.revoke)
        self._listing.after(confirm.wire([box]))

    def _build_new(self) -> None:
        with ds.Accordion("New token", open=False):
            with ds.Row(elem_classes="fields"):
                account = ds.Textbox(
                    label="For the account", info="Empty for your own", max_length=64, visible=self._is_admin
                )
                label, names, scopes = self._fields("the new token")
                lasts = ds.Dropdown(
                    list(_DAYS),
                    value="30 days",
                    label="Good for",
                    info="Then it opens nothing",
                    filterable=False,
                )
            with ds.Row(elem_classes="dash-actions"):
                made = ds.Button("Make token", variant="primary")
            raw = ds.Textbox(
                label="Token: copy it now, it is shown this once",
                interactive=False,
                buttons=["copy"],
                visible=False,
            )
        self._listing.after(made.click(self.create, [account, label, scopes, names, lasts], raw, **LOUD))

    def _fields(self, whose: str) -> tuple[ds.Textbox, ds.Textbox, ds.CheckboxGroup]:
        return (
            ds.Textbox(label="What it is for", info=f"A label of {whose}", max_length=100),
            ds.Textbox(label="Names that it may open", info="Like ci-* demo; none for any", max_length=500),
            ds.CheckboxGroup(self._offered, value=["share", "own"], label="It may"),
        )

    # -- what there is -----------------------------------------------------------------------------

    async def fetch(self, actor: Actor, cursor: int | None, account: str = "") -> tuple[Rows, int | None]:
        """A page of them."""
        everybody = self._is_admin and actor.may(Scope.admin)
        wanted = ((account or "").strip() or None) if everybody else actor.account_name
        found = await self._desk.services.tokens.list(account=wanted, after=cursor or 0, limit=PAGE + 1)
        shown, following = cut(found)
        now = self._desk.now()
        return [_row(token, now) for token in shown], following

    def choose(self, event: ds.SelectData) -> Any:
        """A row was clicked: what it says is what the form begins with."""
        row = [str(cell) for cell in (event.row_value or [""] * len(_HEADERS))]
        names = "" if row[4] == "any" else row[4]
        scopes = [scope for scope in row[3].split() if scope in self._offered]
        return ds.update(visible=bool(row[0])), row[0], row[2], names, scopes

    # -- what may be done --------------------------------------------------------------------------

    async def create(
        self, account: str, label: str, scopes: list[str], names: str, lasts: str, request: ds.Request
    ) -> Any:
        """A token, shown this once. Nobody gives more than they have."""
        with told():
            actor = await self._desk.viewer(request)
            own = not (self._is_admin and actor.may(Scope.admin))
            days = _DAYS[lasts]
            made = await self._desk.services.tokens.create(
                actor.account_name if own else (account or "").strip() or actor.account_name,
                by=actor,
                expires_in=None if days is None else days * 86400.0,
                scopes=frozenset(map(Scope, scopes)),
                names=_patterns(names or ""),
                label=label or "",
            )
            return ds.update(value=made.raw, visible=True)

    async def save(self, key: str, label: str, scopes: list[str], names: str, request: ds.Request) -> None:
        """Another label, or another reach: only an admin gives a token more than it has."""
        with told():
            actor = await self._desk.viewer(request)
            _, change = await self._desk.services.tokens.narrow(
                key,
                by=actor,
                scopes=frozenset(map(Scope, scopes)),
                names=_patterns(names or ""),
                label=label or "",
            )
            await self._desk.obey(change)
            ds.Success(f"{key} is saved.")

    async def ask_revoke(self, request: ds.Request, key: str, label: str) -> Question:
        """Whether a token is to be worth nothing."""
        with told():
            await self._desk.viewer(request)
            name = f"{key} ({label})" if label else key
            return Question(
                f"Revoke the token {name}? Its clients lose their links at once.",
                f"Yes, revoke {key}",
                "revoke",
                (key,),
            )

    async def revoke(self, request: ds.Request, key: str) -> Any:
        """The token opens nothing any more; its links' clients lose it at once."""
        with told():
            actor = await self._desk.viewer(request)
            await self._desk.obey(await self._desk.services.tokens.revoke_one(key, by=actor))
            ds.Success(f"{key} is revoked.")
            return ds.update(visible=False)


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
