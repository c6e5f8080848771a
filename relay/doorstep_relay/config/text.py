"""Settings as text, the way they may be given."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import Field, dataclass, fields
from typing import Any, Final

from doorstep_relay.config import values
from doorstep_relay.config.reloading import LIVE
from doorstep_relay.config.setting import source
from doorstep_relay.config.settings import Settings
from doorstep_relay.domain.times import write_duration

_TIMES: Final[frozenset[Callable[[str], Any]]] = frozenset(
    {
        values.duration,
        values.heartbeat,
        values.duration_or_none,
        values.retention,
    }
)


@dataclass(frozen=True, slots=True)
class Line:
    """One setting."""

    name: str
    value: str | None
    is_default: bool
    is_secret: bool
    reloads: bool
    about: str


def shown(settings: Settings) -> list[Line]:
    """Every setting as it is in force; of a secret only that there is one."""
    return [_line(setting, getattr(settings, setting.name)) for setting in fields(Settings)]


def as_text(value: Any, parse: Callable[[str], Any]) -> str:
    """A setting's value as somebody would write it."""
    if value is None:
        return "none"
    if parse in _TIMES:
        return write_duration(value)
    if isinstance(value, tuple) and not hasattr(value, "_fields"):
        return ",".join(map(str, value))
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _line(setting: Field[Any], value: Any) -> Line:
    facts = source(setting)
    unset = value is None or value == () or not setting.repr
    return Line(
        name=setting.name,
        value=None if unset else as_text(value, facts.parse),
        is_default=value == setting.default,
        is_secret=not setting.repr,
        reloads=setting.name in LIVE,
        about=facts.about,
    )
