"""Settings from flags, environment and the configuration file."""

from __future__ import annotations

import difflib
import os
import tomllib
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields, replace
from typing import Any, Final
from urllib.parse import urlsplit

from doorstep_relay.config import values as read
from doorstep_relay.config.setting import ENVIRONMENT, flag, source, variable
from doorstep_relay.config.settings import Settings
from doorstep_relay.errors import ConfigError

_OF_ACCOUNTS: Final = ("limit_requests", "limit_bytes")
"""Defaults that keep one account from taking the relay from the others: none where nobody has one."""


def read_settings(flags: Mapping[str, Any], environ: Mapping[str, str] = os.environ) -> Settings:
    """The settings from flags (by setting name; `None` was not given) and environment.

    Raises `ConfigError` for a value that cannot be used, and for a variable that looks misspelt.
    """
    _refuse_misspelt(environ)
    found: dict[str, Any] = {}
    file = _file_of(flags, environ)
    for setting in fields(Settings):
        given = _given(setting, flags, environ, file)
        if given is not MISSING:
            found[setting.name] = given
    settings = Settings(**found)
    unasked: dict[str, Any] = {name: None for name in _OF_ACCOUNTS if settings.open and name not in found}
    return _agreed(replace(settings, **unasked), domain_given="domain" in found)


def _file_of(flags: Mapping[str, Any], environ: Mapping[str, str]) -> Mapping[str, str]:
    """What the configuration file says, as text by setting."""
    named = flags.get("config") or environ.get(variable("config"))
    if not named:
        return {}
    try:
        path = read.path(str(named))
    except ValueError:
        return {}  # refused with the other settings
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError(f"the configuration file {str(path)!r} cannot be read: {error}") from None
    known = {setting.name for setting in fields(Settings)} - {"config"}
    for name in found:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"; did you mean {near[0]}?" if near else ""
            raise ConfigError(f"{path}: there is no setting {name}{hint}")
    return {name: _toml_text(value) for name, value in found.items()}


def _toml_text(value: Any) -> str:
    if isinstance(value, list):
        return ",".join(map(str, value))
    return str(value).lower() if isinstance(value, bool) else str(value)


def _given(
    setting: Field[Any], flags: Mapping[str, Any], environ: Mapping[str, str], file: Mapping[str, str]
) -> Any:
    parse = source(setting).parse
    for where, value in (
        (flag(setting.name), flags.get(setting.name)),
        (variable(setting.name), environ.get(variable(setting.name))),
        (f"{setting.name} in the configuration file", file.get(setting.name)),
    ):
        if value is None:
            continue
        if not isinstance(value, str):
            return value
        try:
            return parse(value)
        except ValueError as error:
            shown = repr(value) if setting.repr else "its value"
            raise ConfigError(f"{where}: {shown} cannot be used: {error}") from None
    return MISSING


def _agreed(settings: Settings, *, domain_given: bool) -> Settings:
    """`public_url` and `domain` name the same host, either one is enough; keys belong to certificates."""
    if settings.tls_key and len(settings.tls_key) != len(settings.tls_cert):
        raise ConfigError(
            f"--tls-key names {len(settings.tls_key)} files and --tls-cert {len(settings.tls_cert)}; "
            "give one key for each certificate, in the same order"
        )
    if (settings.oidc_issuer is None) != (settings.oidc_client_id is None):
        raise ConfigError("--oidc-issuer and --oidc-client-id go together; give both")
    if settings.admin_host == settings.domain:
        raise ConfigError("--admin-host is the relay's own host; the dashboard needs another one")
    if settings.public_url is None:
        return settings
    host = urlsplit(settings.public_url).hostname or ""
    if not domain_given:
        return replace(settings, domain=read.domain(host))
    if host != settings.domain:
        raise ConfigError(
            f"--public-url names the host {host!r} and --domain {settings.domain!r}; leave --domain out"
        )
    return settings


def _refuse_misspelt(environ: Mapping[str, str]) -> None:
    """A mistyped variable would be a setting ignored in silence.

    Only near misses are refused: orchestrators put unrelated variables with our prefix there, such as
    DOORSTEP_RELAY_SERVICE_HOST for a service of that name.
    """
    known = [variable(setting.name) for setting in fields(Settings)]
    for name in environ:
        if name.startswith(ENVIRONMENT) and name not in known:
            near = difflib.get_close_matches(name, known, n=1, cutoff=0.93)
            if near:
                raise ConfigError(f"there is no setting {name}; did you mean {near[0]}?")
