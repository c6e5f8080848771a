"""HTML from templates: whatever comes from outside is escaped here, and nowhere else."""

from __future__ import annotations

import html
from string import Template


class Html(str):
    """Text that is HTML already."""

    __slots__ = ()


def fill(template: str, **values: object) -> Html:
    """A piece of HTML with values in it, each escaped unless it is a piece itself."""
    return Html(Template(template).substitute({name: _safe(value) for name, value in values.items()}))


def _safe(value: object) -> str:
    return value if isinstance(value, Html) else html.escape(str(value))
