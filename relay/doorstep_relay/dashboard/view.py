"""The dashboard's page: what stands on it for admins, and for members."""

from __future__ import annotations

from importlib import resources
from typing import TYPE_CHECKING

from starlette.applications import Starlette

import doorstep as ds
from doorstep_relay.dashboard import every_link, header, links, records, reports
from doorstep_relay.dashboard.account_list import AccountTab
from doorstep_relay.dashboard.audit import AuditTab
from doorstep_relay.dashboard.desk import Desk
from doorstep_relay.dashboard.domains import DomainTab
from doorstep_relay.dashboard.invitations import InvitationTab
from doorstep_relay.dashboard.link_panel import LinkPanel
from doorstep_relay.dashboard.names import NameTab
from doorstep_relay.dashboard.tokens import TokenTab

if TYPE_CHECKING:
    from starlette.types import ASGIApp


def build(desk: Desk, *, is_admin: bool) -> ASGIApp:
    """The app, to be served at the root of its host."""
    domain = desk.services.settings.domain
    with ds.Blocks(title=f"Doorstep relay · {domain}", fill_width=True, css=_css(), footer_links=[]) as page:
        header.build(desk, page)
        with ds.Tab("Links"):
            _build_links(desk, page, is_admin=is_admin)
        with ds.Tab("Tokens") as tab:
            TokenTab(desk, tab, is_admin=is_admin)
        if is_admin:
            _build_admin_tabs(desk)
        with ds.Tab("Names") as tab:
            NameTab(desk, tab, is_admin=is_admin)
        with ds.Tab("Domains") as tab:
            DomainTab(desk, tab, is_admin=is_admin)
        with ds.Tab("Audit") as tab:
            AuditTab(desk, tab, is_admin=is_admin)
        with ds.Tab("Usage") as tab:
            records.build_usage(desk, tab, is_admin=is_admin)
        if is_admin:
            with ds.Tab("Settings") as tab:
                records.build_settings(desk, tab)
    app = Starlette()
    ds.mount_app(app, page, "/")
    return app


def _build_links(desk: Desk, page: ds.Blocks, *, is_admin: bool) -> None:
    """Two tables, and below them the link that was chosen in one."""
    with ds.Tabs():
        with ds.Tab("Live now"):
            live = links.build(desk, page, is_admin=is_admin)
        with ds.Tab("All") as tab:
            every = every_link.build(desk, tab, is_admin=is_admin)
    panel = LinkPanel(desk, is_admin=is_admin)
    panel.show_after(live)
    panel.show_after(every)


def _build_admin_tabs(desk: Desk) -> None:
    with ds.Tab("Accounts") as tab:
        AccountTab(desk, tab)
    with ds.Tab("Invitations") as tab:
        InvitationTab(desk, tab)
    with ds.Tab("Reports") as tab:
        reports.build(desk, tab)


def _css() -> str:
    return resources.files(__package__).joinpath("view.css").read_text(encoding="utf-8")
