"""Command-line flags made from the settings: each is explained once, in `Settings`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import Field, fields
from typing import Any, Final, TypeVar

import click

from doorstep_relay import config_values
from doorstep_relay.config import Settings, flag, source
from doorstep_relay.domain.times import write_duration

T = TypeVar("T")

_METAVARS: Final[dict[Callable[[str], Any], str]] = {
    config_values.address: "HOST:PORT",
    config_values.domain: "HOST",
    config_values.admin_host: "HOST",
    config_values.url: "URL",
    config_values.path: "DIR",
    config_values.paths: "FILES",
    config_values.database: "URL",
    config_values.duration: "TIME",
    config_values.heartbeat: "TIME",
    config_values.duration_or_none: "TIME",
    config_values.retention: "TIME",
    config_values.count: "NUMBER",
    config_values.size: "BYTES",
    config_values.count_or_none: "NUMBER",
    config_values.rate: "RATE",
    config_values.amount: "BYTES",
    config_values.log_target: "FILE",
    config_values.part: "PART",
    config_values.networks: "NETWORKS",
    config_values.issuer: "URL",
    config_values.word: "WORD",
    config_values.words: "WORDS",
    config_values.interstitial: "WHOM",
    config_values.names: "NAMES",
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
    if parse is config_values.boolean:
        return click.option(flag(name), name, is_flag=True, default=None, help=about)
    if setting.default not in {None, ()}:
        about = f"{about} [default: {_as_text(setting.default, parse)}]"
    metavar = "FILE" if name in _FILES else _METAVARS[parse]
    return click.option(flag(name), name, metavar=metavar, help=about)


def _as_text(value: Any, parse: Callable[[str], Any]) -> str:
    return write_duration(value) if _METAVARS[parse] == "TIME" else str(value)
