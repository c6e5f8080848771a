"""`doorstep keys`: the public keys by which `ssh -R` opens links for your account."""

from __future__ import annotations

import json
from typing import IO, Any
from urllib.parse import quote, urlencode

import click

from doorstep_client.errors import DoorstepError

_relay = click.option(
    "--relay", help="The relay's address; by default DOORSTEP_RELAY or what `doorstep login` saved."
)


@click.group()
def keys() -> None:
    """Register, list and remove your public keys: `ssh -R` opens links with them."""


@keys.command("add")
@click.argument("file", type=click.File("r"), metavar="FILE")
@click.option("--label", help="What it is called; by default the key's comment.")
@click.option("--name", "names", multiple=True, metavar="PATTERN", help="Only such names, like ci-*; again.")
@_relay
def add(file: IO[str], label: str | None, names: tuple[str, ...], relay: str | None) -> None:
    """Register the key in FILE: the id_ed25519.pub of ~/.ssh, or - for stdin."""
    wish: dict[str, Any] = {"key": _public_key(file.read()), "names": list(names)}
    if label is not None:
        wish["label"] = label
    made = _ask(relay, "POST", "/api/v1/keys", wish)
    click.echo(f"Registered {made['fingerprint']}.")


@keys.command("list")
@click.option("--json", "as_json", is_flag=True, help="For programs. Times are unix seconds.")
@_relay
def show(as_json: bool, relay: str | None) -> None:
    """List your keys."""
    found = _all_keys(relay)
    if as_json:
        click.echo(json.dumps(found, indent=2))
    elif not found:
        click.echo("No keys yet; `doorstep keys add ~/.ssh/id_ed25519.pub` registers one.", err=True)
    for key in [] if as_json else found:
        click.echo(f"{key['fingerprint']}  {key['algorithm']}  {key['label']}".rstrip())


@keys.command("remove")
@click.argument("fingerprint")
@_relay
def remove(fingerprint: str, relay: str | None) -> None:
    """Remove your key with this FINGERPRINT; what it holds open ends."""
    _ask(relay, "DELETE", f"/api/v1/keys/{quote(fingerprint, safe=':')}")
    click.echo(f"Removed {fingerprint}.")


def _public_key(text: str) -> str:
    """What may be sent: a private key leaves this computer for nobody."""
    if "PRIVATE KEY" in text:
        raise click.ClickException(
            "this is a private key, and was not sent: keep it, and give the file that ends in .pub"
        )
    return text.strip()


def _all_keys(relay: str | None) -> list[dict[str, Any]]:
    """Page by page. An admin's token sees everybody's keys, so its own are asked for by name."""
    found: list[dict[str, Any]] = []
    query = {"account": str(_ask(relay, "GET", "/api/v1/whoami")["account"])}
    while True:
        page = _ask(relay, "GET", "/api/v1/keys?" + urlencode(query))
        found += page["keys"]
        if page["next"] is None:
            return found
        query["after"] = str(page["next"])


def _ask(relay: str | None, method: str, path: str, body: Any = None) -> Any:
    from doorstep_client.rest import call
    from doorstep_client.settings import find_relay

    try:
        return call(find_relay(relay), method, path, body)
    except DoorstepError as error:
        raise click.ClickException(str(error)) from error
