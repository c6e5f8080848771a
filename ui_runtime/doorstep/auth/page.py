"""The page on which people log in: one form, no script."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING, Final

from doorstep.plain_pages import PlainPage

if TYPE_CHECKING:
    from starlette.responses import Response

_PAGE: Final = PlainPage("""
body { min-height: 100vh; min-height: 100dvh; display: grid; place-items: center; padding: 1rem; }
main {
  width: 100%; max-width: 24rem; padding: clamp(1.25rem, 6vw, 2rem);
  background: var(--surface); border: 1px solid var(--line); border-radius: 14px;
}
p { margin: 0 0 1rem; color: var(--muted); white-space: pre-line; }
p[role="alert"] { color: var(--danger); font-weight: 600; }
label { display: block; margin: 1rem 0 .25rem; font-weight: 600; }
input {
  width: 100%; min-height: 42px; padding: .5rem .75rem; font: inherit; color: inherit;
  background: var(--paper); border: 1px solid var(--line-strong); border-radius: 9px;
}
button {
  width: 100%; min-height: 42px; margin-top: 1.5rem; font: inherit; font-weight: 600; cursor: pointer;
  color: var(--on-accent); background: var(--accent); border: 0; border-radius: 9px;
}
""")

_FORM: Final = """<main>
<h1>{heading}</h1>
{message}{problem}<form method="post" action="{action}">
<input type="hidden" name="next" value="{following}">
<label for="username">Name</label>
<input id="username" name="username" value="{name}" autocomplete="username" autocapitalize="none"
 spellcheck="false" required{name_focus}>
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" required{password_focus}>
<button>Log in</button>
</form>
</main>"""


def login_page(
    title: str,
    message: str | None,
    action: str,
    following: str,
    *,
    status: int,
    problem: str = "",
    name: str = "",
) -> Response:
    """The form. `message` is the developer's plain text; `following` is the path to go to afterwards."""
    heading = f"Log in to {title}" if title else "Log in"
    body = _FORM.format(
        heading=html.escape(heading),
        message=_paragraph(message) if message else "",
        problem=f'<p role="alert">{html.escape(problem)}</p>' if problem else "",
        action=html.escape(action),
        following=html.escape(following),
        name=html.escape(name),
        name_focus="" if name else " autofocus",
        password_focus=" autofocus" if name else "",
    )
    return _PAGE.respond(heading, body, status)


def closed_page(title: str, message: str | None) -> Response:
    """What those see whom the app around does not let in: there is no form here."""
    words = _paragraph(message or "You have to be logged in to use this app.")
    heading = title or "Not logged in"
    return _PAGE.respond(heading, f"<main><h1>{html.escape(heading)}</h1>{words}</main>", 401)


def _paragraph(text: str) -> str:
    return f"<p>{html.escape(text)}</p>"
