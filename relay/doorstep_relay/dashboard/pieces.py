"""Pieces of HTML for the dashboard's page. Whatever comes from outside is escaped here, and nowhere else."""

from __future__ import annotations

import html
from collections.abc import Iterable
from string import Template


class Html(str):
    """Text that is HTML already."""

    __slots__ = ()


def fill(template: str, **values: object) -> Html:
    """A template with values in it, each escaped unless it is a piece itself."""
    return Html(Template(template).substitute({name: _safe(value) for name, value in values.items()}))


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


def _safe(value: object) -> str:
    return value if isinstance(value, Html) else html.escape(str(value))
