"""The page that lists a folder: no script, light and dark, as wide as a phone or a screen."""

from __future__ import annotations

import time
from dataclasses import dataclass
from html import escape
from http import HTTPStatus
from typing import Final
from urllib.parse import quote

_UNITS: Final = ("B", "kB", "MB", "GB", "TB")

_STYLE: Final = """
:root { color-scheme: light dark; --ground: #fff; --ink: #1b1f24; --quiet: #5a626c; --line: #e2e5e9;
  --accent: #0b5cc4; --raised: #f4f6f8; }
@media (prefers-color-scheme: dark) { :root { --ground: #15181c; --ink: #e7eaee; --quiet: #a3acb7;
  --line: #2b3138; --accent: #7db4ff; --raised: #1f242a; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 60rem; padding: 1.5rem 1rem 3rem; background: var(--ground);
  color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.25rem; margin: 0 0 1rem; overflow-wrap: anywhere; font-weight: 600; }
a { color: var(--accent); text-decoration: none; }
a:hover { text-decoration: underline; }
a:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 3px; }
table { width: 100%; border-collapse: collapse; }
th { text-align: left; font-weight: 500; font-size: .875rem; color: var(--quiet); }
th, td { padding: .45rem .5rem; border-bottom: 1px solid var(--line); }
tbody tr:hover { background: var(--raised); }
.name { overflow-wrap: anywhere; }
.name a { display: block; position: relative; padding-left: 2rem; }
.name a::before { content: ""; position: absolute; left: .25rem; top: .3em; width: .8rem; height: .95rem;
  border: 1.5px solid var(--quiet); border-radius: 2px; }
.name a.folder::before { left: .1rem; top: .4em; width: 1.1rem; height: .8rem; border-color: var(--accent);
  border-top-width: 4px; border-radius: 3px; }
.size, .time { text-align: right; white-space: nowrap; color: var(--quiet);
  font-variant-numeric: tabular-nums; font-size: .9375rem; }
p { color: var(--quiet); }
nav { display: flex; justify-content: space-between; gap: 1rem; padding: 1rem .5rem; color: var(--quiet);
  text-align: center; font-variant-numeric: tabular-nums; }
@media (max-width: 34rem) { .time { display: none; } th, td { padding: .6rem .25rem; } }
"""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line: `link` is relative and quoted, `size` in bytes, `changed` in Unix time."""

    name: str
    link: str
    is_folder: bool
    size: int
    changed: float


@dataclass(frozen=True, slots=True)
class Part:
    """One page of a list: the folder has `names` in all, or more if that is not the whole of it."""

    entries: list[Entry]
    page: int
    pages: int
    names: int
    is_whole: bool


def list_page(path: str, part: Part) -> str:
    """A page of the list of the folder at `path`, which begins and ends with a slash."""
    rows = [_row(entry) for entry in part.entries]
    if path != "/":
        rows.insert(0, _row(Entry("..", "../", True, 0, 0.0)))
    table = (
        "<table><thead><tr><th class=name>Name</th><th class=size>Size</th><th class=time>Changed</th></tr>"
        f"</thead><tbody>{''.join(rows)}</tbody></table>"
    )
    note = "" if part.is_whole else f"<p>Only {part.names:,} of its names are listed; there are more.</p>"
    empty = "" if rows else "<p>This folder is empty.</p>"
    return _page(
        f"Index of {path}", f"<h1>{_crumbs(path)}</h1>{table if rows else empty}{_pager(part)}{note}"
    )


def failure_page(status: int, text: str) -> str:
    """Why there is nothing to see."""
    title = f"{status} {HTTPStatus(status).phrase}"
    return _page(title, f'<h1>{title}</h1><p>{escape(text)}</p><p><a href="/">All files</a></p>')


def size_text(size: int) -> str:
    """`0 B`, `17 kB`, `2.4 MB`."""
    value, unit = float(size), _UNITS[0]
    for unit in _UNITS:  # noqa: B007  # the one that it ends at
        if value < 999.5 or unit == _UNITS[-1]:
            break
        value /= 1000
    digits = 0 if unit == "B" or value >= 9.95 else 1
    return f"{value:.{digits}f} {unit}"


def _row(entry: Entry) -> str:
    size = "" if entry.is_folder else size_text(entry.size)
    changed = time.strftime("%Y-%m-%d %H:%M", time.localtime(entry.changed)) if entry.changed else ""
    kind = " class=folder" if entry.is_folder else ""
    name = f"{entry.name}/" if entry.is_folder and entry.name != ".." else entry.name
    return (
        f'<tr><td class=name><a href="{entry.link}"{kind}>{_shown(name)}</a></td>'
        f"<td class=size>{size}</td><td class=time>{changed}</td></tr>"
    )


def _pager(part: Part) -> str:
    """The way to the pages before and after this one."""
    if part.pages == 1:
        return ""
    before = f'<a href="?page={part.page - 1}" rel=prev>Previous</a>' if part.page > 1 else "<span></span>"
    after = (
        f'<a href="?page={part.page + 1}" rel=next>Next</a>' if part.page < part.pages else "<span></span>"
    )
    where = f"Page {part.page:,} of {part.pages:,} · {part.names:,} names"
    return f"<nav aria-label=Pages>{before}<span>{where}</span>{after}</nav>"


def _crumbs(path: str) -> str:
    """Each folder on the way is a link."""
    names = path.strip("/").split("/") if path != "/" else []
    parts = ['<a href="/">All files</a>' if names else "All files"]
    for depth, name in enumerate(names, 1):
        place = "/" + quote("/".join(names[:depth]).encode("utf-8", "surrogateescape")) + "/"
        parts.append(f'<a href="{place}">{_shown(name)}</a>' if depth < len(names) else _shown(name))
    return " / ".join(parts)


def _shown(name: str) -> str:
    """Bytes that are no UTF-8 show as replacement characters."""
    return escape(name.encode("utf-8", "surrogateescape").decode("utf-8", "replace"))


def _page(title: str, body: str) -> str:
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{_shown(title)}</title><style>{_STYLE}</style></head><body>{body}</body></html>\n"
    )
