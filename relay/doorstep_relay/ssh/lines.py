"""The lines that SSH clients read. Pure: what peers said is made safe for a terminal here."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Final

from doorstep_client import wire
from doorstep_relay.domain.times import relative_text

if TYPE_CHECKING:
    from doorstep_relay.ssh.forward import Forward
    from doorstep_relay.ssh.visits import Visit

PAUSED: Final = "paused: nobody sees it until it is resumed"
RESUMED: Final = "resumed: visitors come again"
USAGE: Final = "Nothing is shared: ask for a link with -R, like ssh -R 80:localhost:8501 …"
_LONGEST_TARGET: Final = 200
_ENDS: Final = {
    "expired": "this link has expired",
    "revoked": "this link was revoked",
    "closed": "this link is closed",
    "taken-over": "another client has taken this link over",
}


def url(forward: Forward, opened: wire.Opened) -> str:
    """What to send to people."""
    return f"{opened.url}/?k={forward.key}" if forward.key else opened.url


def introduction(forward: Forward, opened: wire.Opened, now: float, *, columns: int, qr: bool) -> str:
    """What a terminal shows first of a link."""
    said = [url(forward, opened)]
    if opened.expires_at is not None:
        said.append(ending(opened.expires_at, now))
    if opened.guarded:
        said.append(f"Visitors need to satisfy: {', '.join(opened.guarded)}")
    if opened.took_over:
        said.append("It was open elsewhere, and is yours now.")
    if opened.paused:
        said.append(PAUSED)
    drawn = _qr(said[0], columns) if qr and columns else ""
    return drawn + "\n".join(said) + "\n"


def _qr(text: str, columns: int) -> str:
    """The link for a phone, where it fits; light on dark, as most terminals are."""
    import segno  # takes a tenth of a second

    drawn = io.StringIO()
    segno.make_qr(text, error="l").terminal(drawn, border=2, compact=True)
    rows = drawn.getvalue()
    side = segno.make_qr(text, error="l").symbol_size(border=2)[0]
    return rows if side <= columns else ""


def ending(expires_at: float, now: float) -> str:
    """When a link ends."""
    return f"ends {relative_text(expires_at, now)}"


def over(ended: wire.Ended) -> str:
    """Why a link is over."""
    reason = wire.readable(ended.reason)
    said = _ENDS.get(ended.code, f"this link is over ({ended.code})")
    return f"{said}: {reason}" if reason else said


def visit(seen: Visit) -> str:
    """A request: method, path, status and how long it took."""
    target = wire.readable(seen.target.decode("latin-1"), _LONGEST_TARGET + 1)
    if len(target) > _LONGEST_TARGET:
        target = target[:_LONGEST_TARGET] + "…"
    return (
        f"{seen.method.decode('latin-1')} {target} {seen.status or 'no answer'} {seen.seconds * 1000:.0f} ms"
    )
