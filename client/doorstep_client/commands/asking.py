"""How commands ask the relay's API: with the login's token, and with a refusal as the end of the command."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import urlencode

import click

from doorstep_client.errors import DoorstepError

relay_option: Final = click.option(
    "--relay", help="The relay's address; by default DOORSTEP_RELAY or what `doorstep login` saved."
)


def ask(relay: str | None, method: str, path: str, body: Any = None) -> dict[str, Any]:
    """The answer of the API of this relay, or of the one of the login. Raises `click.ClickException`."""
    from doorstep_client.rest import call
    from doorstep_client.settings import find_relay

    try:
        return call(find_relay(relay), method, path, body)
    except DoorstepError as error:
        raise click.ClickException(str(error)) from error


def ask_all(relay: str | None, what: str, query: dict[str, str]) -> list[dict[str, Any]]:
    """Everything of `/api/v1/WHAT` for this query, page by page. Raises `click.ClickException`."""
    found: list[dict[str, Any]] = []
    after: dict[str, str] = {}
    while True:
        page = ask(relay, "GET", f"/api/v1/{what}?" + urlencode(query | after))
        found += page[what]
        if page["next"] is None:
            return found
        after = {"after": str(page["next"])}
