"""The dashboard's page: what stands on it for admins, and for members."""

from __future__ import annotations

from importlib import resources
from typing import TYPE_CHECKING

from starlette.applications import Starlette

import doorstep as ds
from doorstep_relay.dashboard import links
from doorstep_relay.dashboard.desk import Desk
from doorstep_relay.dashboard.pieces import fill, page_of

if TYPE_CHECKING:
    from starlette.types import ASGIApp

_HEAD = """<header class="dash-head"><h1>$title</h1>
<p>$what &middot; <a href="/sign-in">Account and sign out</a></p></header>"""


def build(desk: Desk, *, is_admin: bool) -> ASGIApp:
    """The app, to be served at the root of its host."""
    domain = desk.services.settings.domain
    with ds.Blocks(title=f"Doorstep relay · {domain}", fill_width=True, css=_css(), footer_links=[]) as page:
        what = "everybody’s links" if is_admin else "your links"  # noqa: RUF001
        ds.HTML(page_of(fill(_HEAD, title=f"Relay {domain}", what=what)))
        with ds.Tab("Links"):
            links.build(desk, page, is_admin=is_admin)
    app = Starlette()
    ds.mount_app(app, page, "/")
    return app


def _css() -> str:
    return resources.files(__package__).joinpath("view.css").read_text(encoding="utf-8")
