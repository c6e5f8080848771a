"""Command-line flags made from the settings: each is explained once, in `Settings`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import Field, fields
from typing import Any, Final, TypeVar

import click

from doorstep_relay.config import Settings, as_text, flag, source, values

T = TypeVar("T")

_METAVARS: Final[dict[Callable[[str], Any], str]] = {
    values.address: "HOST:PORT",
    values.domain: "HOST",
    values.admin_host: "HOST",
    values.url: "URL",
    values.path: "DIR",
    values.paths: "FILES",
    values.database: "URL",
    values.duration: "TIME",
    values.heartbeat: "TIME",
    values.duration_or_none: "TIME",
    values.retention: "TIME",
    values.count: "NUMBER",
    values.size: "BYTES",
    values.count_or_none: "NUMBER",
    values.rate: "RATE",
    values.amount: "BYTES",
    values.log_target: "FILE",
    values.part: "PART",
    values.networks: "NETWORKS",
    values.issuer: "URL",
    values.word: "WORD",
    values.words: "WORDS",
    values.interstitial: "WHOM",
    values.names: "NAMES",
}

_FILES: Final = frozenset({"config", "ssh_host_key"})
"""Of the settings that are paths, those of files."""


def setting_options(*names: str) -> Callable[[Callable[..., T]], Callable[..., T]]:
    """Flags for these settings, as `Settings` describes them. Their values are read by `read_settings`."""

    def decorate(function: Callable[..., T]) -> Callable[..., T]:
        for setting in reversed(fields(Settings)):
            if setting.name in names:
                function = _option(setting)(function)
        return function

    return decorate


def _option(setting: Field[Any]) -> Callable[[Callable[..., T]], Callable[..., T]]:
    name, about, parse = setting.name, source(setting).about, source(setting).parse
    if parse is values.boolean:
        return click.option(flag(name), name, is_flag=True, default=None, help=about)
    if setting.default not in {None, ()}:
        about = f"{about} [default: {as_text(setting.default, parse)}]"
    metavar = "FILE" if name in _FILES else _METAVARS[parse]
    return click.option(flag(name), name, metavar=metavar, help=about)
