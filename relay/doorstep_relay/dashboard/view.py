"""The dashboard's page: what stands on it for admins, and for members."""

from __future__ import annotations

from importlib import resources
from typing import TYPE_CHECKING, Final

from starlette.applications import Starlette

import doorstep as ds
from doorstep_relay.dashboard import every_link, header, links, records
from doorstep_relay.dashboard.account_list import AccountTab
from doorstep_relay.dashboard.audit import AuditTab
from doorstep_relay.dashboard.desk import Desk
from doorstep_relay.dashboard.domains import DomainTab
from doorstep_relay.dashboard.invitations import InvitationTab
from doorstep_relay.dashboard.link_panel import LinkPanel
from doorstep_relay.dashboard.listing import QUIET
from doorstep_relay.dashboard.names import NameTab
from doorstep_relay.dashboard.reports import ReportTab
from doorstep_relay.dashboard.tokens import TokenTab

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from starlette.types import ASGIApp


_FOR_ADMINS: Final = frozenset({"Accounts", "Invitations", "Reports", "Settings"})


def build(desk: Desk, *, is_admin: bool) -> ASGIApp:
    """The app, to be served at the root of its host."""
    domain = desk.services.settings.domain
    with ds.Blocks(title=f"Doorstep relay · {domain}", fill_width=True, css=_css(), footer_links=[]) as page:
        header.build(desk, page)
        with ds.Tab("Links") as first:
            timers = _build_links(desk, page, is_admin=is_admin)
        _rest_elsewhere(first, _build_others(desk, is_admin=is_admin), timers)
    app = Starlette()
    ds.mount_app(app, page, "/")
    return app


def _build_links(desk: Desk, page: ds.Blocks, *, is_admin: bool) -> list[ds.Timer]:
    """Two tables, and below them the link that was chosen in one; what has them read anew."""
    with ds.Tabs():
        with ds.Tab("Live now") as now:
            live, timer = links.build(desk, page, is_admin=is_admin)
        with ds.Tab("All") as all_of_them:
            every = every_link.build(desk, all_of_them, is_admin=is_admin)
    _rest_elsewhere(now, [all_of_them], [timer])
    panel = LinkPanel(desk, is_admin=is_admin)
    panel.show_after(live)
    panel.show_after(every)
    return [timer, panel.timer]


def _build_others(desk: Desk, *, is_admin: bool) -> list[ds.Tab]:
    """The other tabs, each of which reads its tables when it is opened."""
    builders: dict[str, Callable[[ds.Tab], object]] = {
        "Tokens": lambda tab: TokenTab(desk, tab, is_admin=is_admin),
        "Accounts": lambda tab: AccountTab(desk, tab),
        "Invitations": lambda tab: InvitationTab(desk, tab),
        "Reports": lambda tab: ReportTab(desk, tab),
        "Names": lambda tab: NameTab(desk, tab, is_admin=is_admin),
        "Domains": lambda tab: DomainTab(desk, tab, is_admin=is_admin),
        "Audit": lambda tab: AuditTab(desk, tab, is_admin=is_admin),
        "Usage": lambda tab: records.build_usage(desk, tab, is_admin=is_admin),
        "Settings": lambda tab: records.build_settings(desk, tab),
    }
    tabs = []
    for name, build_tab in builders.items():
        if is_admin or name not in _FOR_ADMINS:
            with ds.Tab(name) as tab:
                build_tab(tab)
            tabs.append(tab)
    return tabs


def _rest_elsewhere(tab: ds.Tab, others: Sequence[ds.Tab], timers: list[ds.Timer]) -> None:
    """What nobody sees is not read anew."""
    tab.select(lambda: dict.fromkeys(timers, ds.update(active=True)), None, timers, **QUIET)
    for other in others:
        other.select(lambda: dict.fromkeys(timers, ds.update(active=False)), None, timers, **QUIET)


def _css() -> str:
    return resources.files(__package__).joinpath("view.css").read_text(encoding="utf-8")
