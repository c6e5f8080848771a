"""One setting: how it is read, explained and named wherever it may be given."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import Field, field
from typing import Any, Final, NamedTuple

ENVIRONMENT: Final = "DOORSTEP_RELAY_"


class Source(NamedTuple):
    """How a setting is explained and read from text."""

    about: str
    parse: Callable[[str], Any]
    flag: bool = True
    """Whether there is a command-line flag; a secret has none, since everybody sees a process's arguments."""


def setting(
    default: Any,
    about: str,
    parse: Callable[[str], Any],
    *,
    flag: bool = True,
    show: bool = True,
) -> Any:
    """A field that knows how it is read and explained. `show=False` keeps its value out of `repr`."""
    return field(default=default, metadata={"source": Source(about, parse, flag)}, repr=show)


def source(setting: Field[Any]) -> Source:
    """How a field of `Settings` is read and explained."""
    found: Source = setting.metadata["source"]
    return found


def variable(name: str) -> str:
    """The environment variable of a setting."""
    return ENVIRONMENT + name.upper()


def flag(name: str) -> str:
    """The command-line flag of a setting."""
    return "--" + name.replace("_", "-")
