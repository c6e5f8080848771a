"""The page at the relay's own address: what this is, how one shares something, and where to go from here."""

from __future__ import annotations

import html

from doorstep_relay.edge import rendering

_TEXT = """\
<p>It hands out public links to apps that run on people's own computers. Links live one name below this
address.</p>
<p>To share what listens on a port of yours: <code>pip install doorstep</code>, once
<code>doorstep login {relay}</code>, and then <code>doorstep share 8501</code>.</p>
<footer>{links}</footer>"""


def home_page(relay_url: str, dashboard_url: str | None) -> tuple[str, str]:
    """The HTML, and the policy to send with it."""
    links = {"Dashboard": dashboard_url, "API": "/api/v1/openapi.json"}
    anchors = (f'<a href="{html.escape(url)}">{name}</a>' for name, url in links.items() if url)
    body = _TEXT.format(relay=html.escape(relay_url), links=" · ".join(anchors))
    return rendering.page("This is a Doorstep relay", body)
