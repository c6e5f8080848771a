"""`doorstep doctor`: what works on the way to the relay, and what blocks."""

from __future__ import annotations

import asyncio
import json
import sys
from typing import TYPE_CHECKING, Final

import click

from doorstep_client.commands.asking import relay_option
from doorstep_client.commands.network_options import network_options
from doorstep_client.errors import DoorstepError, NoRelayError

if TYPE_CHECKING:
    from doorstep_client.doctor import Finding
    from doorstep_client.settings import RelaySettings

_MARKS: Final = {"ok": "ok", "warning": "warn", "failed": "FAIL"}


@click.command()
@relay_option
@click.option("--json", "as_json", is_flag=True, help="For programs. Times are milliseconds.")
@click.option("--no-link", is_flag=True, help="Open no link for a try.")
@network_options
def doctor(relay: str | None, *, as_json: bool, no_link: bool, **network: str | None) -> None:
    """Say step by step what works on the way to the relay, what blocks, and what to do about it.

    At its end a link is opened for a moment, visited from here, and closed. Ends with 1 when links would not
    work. What it prints holds no secret: send it to whoever runs the relay or the network.
    """
    from doorstep_client.settings import find_relay

    settings: RelaySettings | None = None
    try:
        settings = find_relay(relay, network=network)
        findings = asyncio.run(_examine(settings, link=not no_link, show=not as_json))
    except DoorstepError as error:
        if not as_json:
            raise click.ClickException(str(error)) from error
        findings = [_unsettled(error)]
    works = all(finding.status != "failed" for finding in findings)
    if as_json:
        url = None if settings is None else settings.url
        steps = [finding.as_json() for finding in findings]
        click.echo(json.dumps({"relay": url, "works": works, "steps": steps}, indent=2))
    else:
        click.echo("Links work." if works else "Links do not work from here.")
    sys.exit(0 if works else 1)


def _unsettled(error: DoorstepError) -> Finding:
    """There is nothing to examine."""
    from doorstep_client.doctor.findings import bad

    if isinstance(error, NoRelayError):
        return bad("settings", "no relay is configured", "run `doorstep login URL`, or give --relay URL")
    return bad("settings", str(error), "see `doorstep doctor --help`, and docs/networks.md")


async def _examine(settings: RelaySettings, *, link: bool, show: bool) -> list[Finding]:
    from doorstep_client.doctor import examine

    if show:
        click.echo(f"The relay {settings.url}\n")
    findings = []
    async for finding in examine(settings, link=link):
        findings.append(finding)
        if show:
            _show(finding)
    return findings


def _show(finding: Finding) -> None:
    click.echo(f"{_MARKS[finding.status]:>4}  {finding.step:<11} {finding.text}")
    if finding.advice:
        click.echo(f"{'':>4}  {'':<11} → {finding.advice}")
