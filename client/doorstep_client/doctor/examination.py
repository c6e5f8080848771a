"""All steps in their order. One that failed ends the examination when nothing after it could go well."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Final

from doorstep_client.doctor import network, trial
from doorstep_client.doctor.findings import Finding, Status
from doorstep_client.settings import RelaySettings

_BELOW: Final = (
    network.files,
    network.proxy,
    network.dns,
    network.tcp,
    network.way,
    network.tls,
    network.relay,
)
"""The steps that lead to a session."""


async def examine(relay: RelaySettings, *, link: bool = True) -> AsyncIterator[Finding]:
    """The findings, as they come. With `link` a link is opened for a moment, visited, and closed."""
    for step in _BELOW:
        async for finding in step(relay):
            yield finding
            if finding.status is Status.failed:
                return
    async for finding in network.clock(relay):
        yield finding
    is_let_in = False
    async for finding in trial.session(relay):
        yield finding
        is_let_in = finding.step == "latency"
    if is_let_in and link:
        async for finding in trial.link(relay):
            yield finding
