"""The page where a visitor says that a link should not be there, on every share's host and on the relay's."""

from __future__ import annotations

import html
import math
from typing import Final

from fastapi import Request, Response

from doorstep_relay.control.reports import KINDS, LONGEST_TEXT, Reports
from doorstep_relay.control.visitors.looks import field, form, page
from doorstep_relay.control.visitors.visitor import Visitor, Visitors
from doorstep_relay.domain import landing
from doorstep_relay.errors import BadReport, TooMany

_TITLE: Final = "Report a link"
_TEXT: Final = (
    "Tell the people who run this relay about a link that deceives, harms or breaks the law. "
    "They see what you write here, and the address of your network."
)


class ReportPage:
    """`/.doorstep/report`."""

    def __init__(self, visitors: Visitors, reports: Reports) -> None:
        self._visitors = visitors
        self._reports = reports

    async def show(self, request: Request) -> Response:
        """The form."""
        return self._ask(self._visitors.who(request))

    async def take(self, request: Request) -> Response:
        """A report. Whether there is such a link is not told."""
        visitor, fields, own = await self._visitors.sent(request)
        if not own:
            return self._ask(visitor, fields, "This form was too old. Please send it again.", 403)
        try:
            await self._reports.file(
                visitor.share or fields.get("link", ""),
                kind=fields.get("kind", ""),
                text=fields.get("text", ""),
                contact=fields.get("contact", ""),
                address=visitor.address,
            )
        except BadReport as refusal:
            return self._ask(visitor, fields, refusal.message, 422)
        except TooMany as refusal:
            answer = self._ask(visitor, fields, refusal.message, 429)
            answer.headers["Retry-After"] = str(math.ceil(refusal.retry_after))
            return answer
        return page("Thank you", "Your report has reached them.", host=visitor.host, report=False)

    def _ask(
        self, visitor: Visitor, given: dict[str, str] | None = None, error: str = "", status: int = 200
    ) -> Response:
        given = given or {}
        inside = (
            "" if visitor.share else _filled(field("link", "The link", "text", "required"), given, "link")
        )
        inside += _kinds(given.get("kind", ""))
        inside += (
            '<label for="text">What is wrong?</label>'
            f'<textarea id="text" name="text" maxlength="{LONGEST_TEXT}">'
            f"{html.escape(given.get('text', ''))}</textarea>"
        )
        contact = field(
            "contact", "Your e-mail address, if they may ask you", "email", 'autocomplete="email"'
        )
        inside += _filled(contact, given, "contact")
        body = form(landing.REPORT, visitor.token, "/", inside, "Send the report")
        answer = page(_TITLE, _TEXT, body, host=visitor.host, error=error, status=status, report=False)
        return visitor.with_nonce(answer)


def _kinds(chosen: str) -> str:
    choices = "".join(
        f'<label><input type="radio" name="kind" value="{kind}" required{" checked" * (kind == chosen)}> '
        f"{html.escape(words)}</label>"
        for kind, words in KINDS.items()
    )
    return f"<fieldset><legend>It is about</legend>{choices}</fieldset>"


def _filled(labelled: str, given: dict[str, str], name: str) -> str:
    """A field with what was typed before."""
    return labelled.removesuffix(">") + " " + f'value="{html.escape(given.get(name, ""))}">'
