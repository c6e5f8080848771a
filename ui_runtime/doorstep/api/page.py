"""The page "Use via API": what programs may call, with code that works at this very address."""

from __future__ import annotations

import html
import json
from typing import TYPE_CHECKING, Any, Final

from doorstep.api import snippets
from doorstep.api.schemas import python_type
from doorstep.api.values import NOTHING, STAND_IN
from doorstep.plain_pages import PlainPage
from doorstep.security import root_url

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from doorstep.api.endpoints import Endpoint
    from doorstep.api.values import Value
    from doorstep.server import App

_PAGE: Final = PlainPage("""
main { max-width: 56rem; margin: 0 auto; padding: clamp(1rem, 4vw, 2.5rem); }
h1 { font-size: 1.75rem; }
header p { margin: 0; color: var(--muted); }
section, fieldset {
  margin: 1.5rem 0 0; padding: clamp(1rem, 3vw, 1.5rem);
  background: var(--surface); border: 1px solid var(--line); border-radius: 14px;
}
fieldset { display: flex; flex-wrap: wrap; gap: .25rem 1.5rem; align-items: center; padding-block: .75rem; }
legend { float: left; padding: 0; margin-right: 1rem; color: var(--muted); }
fieldset label { display: flex; gap: .5rem; align-items: center; min-height: 32px; cursor: pointer; }
input[type="radio"] { width: 1.1rem; height: 1.1rem; margin: 0; accent-color: var(--accent); }
h2 { margin: 0; font: 600 1.125rem/1.4 var(--mono); }
h3 { margin: 1.25rem 0 .25rem; font-size: 1rem; }
.about { margin: 1rem 0 .5rem; font-size: .875rem; color: var(--muted); font-weight: 600; }
.about:first-child { margin-top: 0; }
p { margin: .25rem 0 0; }
ul { margin: 0; padding: 0; list-style: none; }
li { padding: .375rem 0; border-top: 1px solid var(--line); }
li:first-child { border-top: 0; }
code { font: .9375em var(--mono); }
.soft { color: var(--muted); }
pre {
  margin: 0; padding: .875rem 1rem; overflow-x: auto; font: .875rem/1.6 var(--mono);
  background: var(--sunken); border: 1px solid var(--line); border-radius: 9px;
}
body:has(#python:checked) :is(.javascript, .curl),
body:has(#javascript:checked) :is(.python, .curl),
body:has(#curl:checked) :is(.python, .javascript) { display: none; }
""")

_LANGUAGES: Final = (("python", "Python"), ("javascript", "JavaScript"), ("curl", "curl"))
_INSTALL: Final = {"python": "pip install gradio_client", "javascript": "npm install @gradio/client"}


def respond(app: App, request: Request) -> Response:
    """The page for whoever asks, with the address that they asked at."""
    root = root_url(request.scope)
    title = app.blocks.title or "This app"
    sections = [_section(each, root, has_auth=app.gate is not None) for each in app.api.endpoints]
    body = _BODY.format(
        title=html.escape(title),
        root=html.escape(root),
        choices="\n".join(_choice(*each) for each in _LANGUAGES),
        install=_installs(),
        sections="\n".join(sections)
        or "<section><p>This app has nothing that programs may call.</p></section>",
    )
    return _PAGE.respond(f"{title}: use via API", body)


_BODY: Final = """<main>
<header>
<h1>{title}: use via API</h1>
<p>What people do on <a href="./">the page</a>, programs can do at <code>{root}</code>. See also the
<a href="gradio_api/openapi.json">OpenAPI description</a>.</p>
</header>
<fieldset>
<legend>Language</legend>
{choices}
</fieldset>
{install}
{sections}
</main>"""


def _choice(name: str, shown: str) -> str:
    checked = " checked" if name == "python" else ""
    return f'<label><input type="radio" name="language" id="{name}"{checked}>{shown}</label>'


def _installs() -> str:
    return "\n".join(
        f'<section class="{name}"><p class="about">Once, to install the client</p>'
        f'<pre tabindex="0">{command}</pre></section>'
        for name, command in _INSTALL.items()
    )


def _section(endpoint: Endpoint, root: str, *, has_auth: bool) -> str:
    code = [
        (name, getattr(snippets, name)(endpoint, root, has_auth=has_auth), shown)
        for name, shown in _LANGUAGES
    ]
    parts = [f'<section id="{html.escape(endpoint.name)}">', f"<h2>/{html.escape(endpoint.name)}</h2>"]
    if endpoint.description:
        parts.append(f"<p>{html.escape(endpoint.description)}</p>")
    parts.append(f"<h3>Takes</h3>{_values(endpoint.parameters)}")
    parts.append(f"<h3>Returns</h3>{_values(endpoint.returns)}")
    parts += [_code(name, text, f"{shown} that calls /{endpoint.name}") for name, text, shown in code]
    return "\n".join([*parts, "</section>"])


def _code(name: str, text: str, label: str) -> str:
    shown = f'<pre tabindex="0" aria-label="{html.escape(label)}"><code>{html.escape(text)}</code></pre>'
    return f'<div class="{name}"><p class="about">{html.escape(label.partition(" ")[0])}</p>{shown}</div>'


def _values(values: list[Value]) -> str:
    return f"<ul>{''.join(_value(each) for each in values)}</ul>" if values else '<p class="soft">nothing</p>'


def _value(value: Value) -> str:
    name = f"<code>{html.escape(value.name)}</code>: " if value.name else ""
    kind = f"<code>{html.escape(python_type(value.schema))}</code>"
    notes = f" – {html.escape(value.label)} ({html.escape(value.component_name)})"
    if value.name and value.default is not NOTHING:
        notes += f", by default {_default(value.told_default)}"
    return f'<li>{name}{kind}<span class="soft">{notes}</span></li>'


def _default(told: Any) -> str:
    if told is STAND_IN:
        return "what the page shows first"
    text = json.dumps(told, ensure_ascii=False)
    return f"<code>{html.escape(text if len(text) <= 200 else text[:199] + '…')}</code>"
