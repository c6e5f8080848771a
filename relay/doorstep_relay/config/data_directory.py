"""The relay's directory, and what is made in it once: the secret."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Final

from doorstep_relay.config.settings import Settings
from doorstep_relay.errors import ConfigError

_SECRET_BYTES: Final = 32


def make_data_directory(settings: Settings) -> None:
    """Make the data directory, for its owner alone, unless it is there. Raises `ConfigError`."""
    try:
        settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(
            f"the data directory {str(settings.data)!r} cannot be made ({error.strerror}); "
            "choose another one with --data"
        ) from error


def with_secret(settings: Settings) -> Settings:
    """The settings with the secret that signs tickets: the one given, or the data directory's.

    Raises `ConfigError` for a file that cannot be read or is too short.
    """
    return settings if settings.secret else replace(settings, secret=_secret_file(settings.data / "secret"))


def make_once(path: Path, make: Callable[[], bytes]) -> None:
    """Write a file for its owner alone, unless it is there. Raises `OSError`.

    It is written aside and linked into place: of several processes one wins, and nobody reads half of it.
    """
    if path.exists():
        return
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    try:
        draft.touch(mode=0o600, exist_ok=False)
        draft.write_bytes(make())
        with suppress(FileExistsError):
            path.hardlink_to(draft)
    finally:
        draft.unlink(missing_ok=True)


def _secret_file(path: Path) -> bytes:
    """The secret in `path`, made when missing."""
    try:
        make_once(path, lambda: secrets.token_bytes(_SECRET_BYTES))
        secret = path.read_bytes()
    except OSError as error:
        raise ConfigError(
            f"the relay's secret {str(path)!r} cannot be read or made: {error.strerror}"
        ) from error
    if len(secret) < _SECRET_BYTES:
        raise ConfigError(
            f"the relay's secret {str(path)!r} holds {len(secret)} bytes, not {_SECRET_BYTES}; "
            "remove the file, and the relay makes a new one"
        )
    return secret
