"""The relay's own key, by which SSH clients know that it is the relay: made once and kept in its data."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import asyncssh

from doorstep_relay.config import Settings
from doorstep_relay.config.data_directory import make_once
from doorstep_relay.errors import ConfigError

FILE: Final = "ssh_host_ed25519_key"
_ALGORITHM: Final = "ssh-ed25519"


def host_key(settings: Settings) -> asyncssh.SSHKey:
    """The key that the settings name, or the relay's own, made when missing. Raises `ConfigError`."""
    if settings.ssh_host_key is not None:
        return _read(settings.ssh_host_key)
    path = settings.data / FILE
    _make(path)
    return _read(path)


def known_hosts_line(key: asyncssh.SSHKey, host: str, port: int) -> str:
    """The line of a client's `~/.ssh/known_hosts` that says whose key it is."""
    where = host if port == 22 else f"[{host}]:{port}"
    return f"{where} {public_line(key)}"


def public_line(key: asyncssh.SSHKey) -> str:
    """Algorithm and key, without a comment."""
    algorithm, blob = key.export_public_key().decode().split()[:2]
    return f"{algorithm} {blob}"


def _read(path: Path) -> asyncssh.SSHKey:
    try:
        return asyncssh.read_private_key(path)
    except OSError as error:
        raise ConfigError(f"the SSH host key {str(path)!r} cannot be read: {error.strerror}") from error
    except (asyncssh.KeyImportError, asyncssh.KeyEncryptionError) as error:
        raise ConfigError(
            f"the SSH host key {str(path)!r} cannot be used: {error}; give a private key without passphrase"
        ) from error


def _make(path: Path) -> None:
    try:
        make_once(path, lambda: asyncssh.generate_private_key(_ALGORITHM).export_private_key())
    except OSError as error:
        raise ConfigError(
            f"the SSH host key {str(path)!r} cannot be written: {error.strerror}; name one by --ssh-host-key"
        ) from error
