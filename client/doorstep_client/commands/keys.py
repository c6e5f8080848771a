"""`doorstep keys`: the public keys by which `ssh -R` opens links for your account."""

from __future__ import annotations

import json
import re
from typing import IO, Any, Final
from urllib.parse import quote

import click

from doorstep_client.commands.asking import ask, ask_all, relay_option

_FINGERPRINT: Final = re.compile(r"SHA256:[A-Za-z0-9+/]{43}")


@click.group()
def keys() -> None:
    """Register, list and remove your public keys: `ssh -R` opens links with them."""


@keys.command("add")
@click.argument("file", type=click.File("r"), metavar="FILE")
@click.option("--label", help="What it is called; by default the key's comment.")
@click.option("--name", "names", multiple=True, metavar="PATTERN", help="Only such names, like ci-*; again.")
@relay_option
def add(file: IO[str], label: str | None, names: tuple[str, ...], relay: str | None) -> None:
    """Register the key in FILE: the id_ed25519.pub of ~/.ssh, or - for stdin."""
    wish: dict[str, Any] = {"key": _public_key(file.read()), "names": list(names)}
    if label is not None:
        wish["label"] = label
    made = ask(relay, "POST", "/api/v1/keys", wish)
    click.echo(f"Registered {made['fingerprint']}.")


@keys.command("list")
@click.option("--json", "as_json", is_flag=True, help="For programs. Times are unix seconds.")
@relay_option
def show(as_json: bool, relay: str | None) -> None:
    """List your keys."""
    # An admin's token sees everybody's keys, so its own are asked for by name.
    own = str(ask(relay, "GET", "/api/v1/whoami")["account"])
    found = ask_all(relay, "keys", {"account": own})
    if as_json:
        click.echo(json.dumps(found, indent=2))
    elif not found:
        click.echo("No keys yet; `doorstep keys add ~/.ssh/id_ed25519.pub` registers one.", err=True)
    for key in [] if as_json else found:
        click.echo(f"{key['fingerprint']}  {key['algorithm']}  {key['label']}".rstrip())


@keys.command("remove")
@click.argument("fingerprint")
@relay_option
def remove(fingerprint: str, relay: str | None) -> None:
    """Remove your key with this FINGERPRINT; what it holds open ends."""
    if _FINGERPRINT.fullmatch(fingerprint) is None:
        raise click.ClickException(
            f"{fingerprint!r} is no fingerprint, like SHA256:…: `doorstep keys list` shows yours"
        )
    ask(relay, "DELETE", f"/api/v1/keys/{quote(fingerprint, safe=':')}")
    click.echo(f"Removed {fingerprint}.")


def _public_key(text: str) -> str:
    """What may be sent: a private key leaves this computer for nobody."""
    if "PRIVATE KEY" in text:
        raise click.ClickException(
            "this is a private key, and was not sent: keep it, and give the file that ends in .pub"
        )
    return text.strip()
