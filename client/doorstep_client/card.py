"""A link as a notebook shows it: its address, its QR code, and how it stands."""

from __future__ import annotations

import html
import time


def card(url: str, status: str, expires_at: float | None) -> str:
    """The HTML. `expires_at` is Unix time, seconds."""
    import segno

    code = segno.make_qr(url, error="l").svg_inline(scale=4, border=2, light="#fff")
    address = html.escape(url, quote=True)
    until = "" if expires_at is None else time.strftime(", until %Y-%m-%d %H:%M", time.localtime(expires_at))
    return (
        '<div style="display:flex;gap:1em;align-items:center">'
        f'<span style="line-height:0">{code}</span>'
        f'<span><a href="{address}" target="_blank" rel="noopener">{html.escape(url)}</a>'
        f'<br><span style="opacity:.75">{html.escape(status)}{until}</span></span></div>'
    )
