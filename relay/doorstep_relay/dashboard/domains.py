"""Host names of accounts' own: said, proven by a TXT record that the page shows, and taken away."""

from __future__ import annotations

from typing import Any, Final

import doorstep as ds
from doorstep_relay.control.actors import Actor
from doorstep_relay.control.domains import DomainFacts
from doorstep_relay.dashboard.confirming import Confirmation, Question
from doorstep_relay.dashboard.desk import Desk, told
from doorstep_relay.dashboard.listing import LOUD, PAGE, QUIET, Listing, Rows, cut
from doorstep_relay.dashboard.pieces import facts, page_of
from doorstep_relay.dashboard.words import clock_text
from doorstep_relay.domain.scopes import Scope
from doorstep_relay.markup import fill

_HEADERS: Final = ("Host", "Shows", "Account", "Proven since", "Said")


class DomainTab:
    """Built where it stands on the page."""

    def __init__(self, desk: Desk, tab: ds.Tab, *, is_admin: bool) -> None:
        self._desk = desk
        self._is_admin = is_admin
        listing = Listing("Domains", _HEADERS, desk.viewer, self.fetch)
        listing.wire(tab)
        host = ds.State(("", ""))
        with ds.Column(visible=False, elem_classes="detail") as box:
            about = ds.HTML()
            record = self._build_record()
            with ds.Row(elem_classes="dash-actions"):
                check, away = ds.Button("Check now", variant="primary"), ds.Button("Remove", variant="stop")
            confirm = Confirmation()
        shown = [host, box, about, *record]
        listing.table.select(self.choose, None, shown, **QUIET)
        listing.after(check.click(self.check, host, shown, **LOUD))
        confirm.ask(away, self.ask_remove, [host])
        confirm.on("remove", self.remove)
        listing.after(confirm.wire(shown))
        self._build_new(listing, shown)

    def _build_record(self) -> list[Any]:
        with ds.Group(), ds.Row(elem_classes="fields"):
            return [
                ds.Textbox(label="TXT record to add", interactive=False, buttons=["copy"]),
                ds.Textbox(label="Its value", interactive=False, buttons=["copy"]),
            ]

    def _build_new(self, listing: Listing, shown: list[Any]) -> None:
        with ds.Accordion("New domain", open=False):
            with ds.Row(elem_classes="fields"):
                host = ds.Textbox(label="Host", info="Like app.example.org", max_length=253)
                name = ds.Textbox(label="Link that it shows", info="Held now, or kept for it", max_length=63)
                account = ds.Textbox(
                    label="Account", info="Empty for your own", max_length=64, visible=self._is_admin
                )
            with ds.Row(elem_classes="dash-actions"):
                add = ds.Button("Add domain", variant="primary")
        listing.after(add.click(self.add, [host, name, account], shown, **LOUD))

    async def fetch(self, actor: Actor, cursor: int | None) -> tuple[Rows, int | None]:
        """A page of them."""
        everybody = self._is_admin and actor.may(Scope.admin)
        found = await self._desk.services.domains.list(
            owner=None if everybody else actor, after=cursor or 0, limit=PAGE + 1
        )
        shown, following = cut(found)
        return [_row(domain) for domain in shown], following

    async def choose(self, event: ds.SelectData, request: ds.Request) -> Any:
        """A row was clicked."""
        with told():
            row = [str(cell) for cell in (event.row_value or ["", "", ""])]
            actor, _ = await self._who(row[2], request)
            return _shown(await self._desk.services.domains.find(row[0], actor=actor), row[2])

    async def add(self, host: str, name: str, account: str, request: ds.Request) -> Any:
        """Say that a host is to show a link; nothing changes until its record is found."""
        with told():
            host, name, account = ((text or "").strip() for text in (host, name, account))
            actor, by = await self._who(account, request)
            made = await self._desk.services.domains.add(host, name, actor=actor, by=by)
            ds.Success(f"Add the TXT record to the DNS of {made.host}, then check it.")
            return _shown(made, actor.account_name)

    async def check(self, chosen: tuple[str, str], request: ds.Request) -> Any:
        """Look for the record: the host shows the link from now on."""
        with told():
            host, account = chosen
            actor, by = await self._who(account, request)
            await self._desk.obey(await self._desk.services.domains.verify(host, actor=actor, by=by))
            ds.Success(f"{host} is proven.")
            return _shown(await self._desk.services.domains.find(host, actor=actor), account)

    async def ask_remove(self, request: ds.Request, chosen: tuple[str, str]) -> Question:
        """Whether a host is to show nothing."""
        with told():
            host, account = chosen
            actor, _ = await self._who(account, request)
            found = await self._desk.services.domains.find(host, actor=actor)
            text = f"Show {found.name} at {found.host} no more? To add it again takes a new TXT record."
            return Question(text, f"Yes, remove {found.host}", "remove", (found.host, account))

    async def remove(self, request: ds.Request, host: str, account: str) -> Any:
        """Show nothing at the host any more."""
        with told():
            actor, by = await self._who(account, request)
            await self._desk.obey(await self._desk.services.domains.remove(host, actor=actor, by=by))
            return ("", ""), ds.update(visible=False), "", "", ""

    async def _who(self, account: str, request: ds.Request) -> tuple[Actor, Actor]:
        """In whose name something is done, and who does it: an admin may in anybody's."""
        viewer = await self._desk.viewer(request)
        if not account or account == viewer.account_name:
            return viewer, viewer
        admin = await self._desk.admin(request)
        return await self._desk.services.domains.acting_for(account), admin


def _row(domain: DomainFacts) -> list[Any]:
    return [domain.host, domain.name, domain.account or "", _proven(domain), clock_text(domain.created_at)]


def _shown(domain: DomainFacts, account: str) -> Any:
    about = page_of(
        fill("<h2>$host</h2>", host=domain.host),
        facts([("Shows", domain.name), ("Account", account), ("Proven since", _proven(domain))]),
    )
    return (domain.host, account), ds.update(visible=True), about, domain.record, domain.value


def _proven(domain: DomainFacts) -> str:
    return "not yet" if domain.verified_at is None else clock_text(domain.verified_at)
