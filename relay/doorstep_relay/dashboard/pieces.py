"""Pieces of HTML for the dashboard's page."""

from __future__ import annotations

from collections.abc import Iterable

from doorstep_relay.markup import Html, fill


def facts(lines: Iterable[tuple[str, object]], kind: str = "facts") -> Html:
    """Names and values, the empty ones left out; `kind` is a class of view.css."""
    shown = (
        fill("<div><dt>$name</dt><dd>$value</dd></div>", name=name, value=value)
        for name, value in lines
        if value != ""
    )
    return Html(f'<dl class="{kind}">{"".join(shown)}</dl>')


def link(url: str) -> Html:
    """A link that tells the other page nothing of this one."""
    return fill('<a href="$url" target="_blank" rel="noopener noreferrer">$url</a>', url=url)


def note(text: str) -> str:
    """A line by itself."""
    return page_of(fill('<p class="note">$text</p>', text=text))


def page_of(*pieces: Html) -> str:
    """Pieces as a component takes them: plain text, which is HTML."""
    return "".join(map(str, pieces))
