"""Which relay, and with which token: from arguments, the environment, or the file of `doorstep login`.

Each of the two is looked for in that order by itself, but a token from the file belongs to the
relay that it was saved for, and is sent to no other.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from doorstep_client.errors import NoRelayError, UsageError

RELAY_VARIABLE: Final = "DOORSTEP_RELAY"
TOKEN_VARIABLE: Final = "DOORSTEP_TOKEN"  # noqa: S105  # the name of a variable
FILE_VARIABLE: Final = "DOORSTEP_CONFIG"

_HOST: Final = re.compile(r"[\w.:-]+")

HOW_TO_GET_A_RELAY: Final = f"""\
No public link: no relay is configured. A relay is a server that hands out the links. Either

  use your team's:   doorstep login https://share.example.org
  or run your own:   pip install "doorstep[relay]"
                     doorstep-relay token create me
                     doorstep-relay serve

then say where it is, with launch(share=True, relay="http://localhost:8080", token="…")
or the environment variables {RELAY_VARIABLE} and {TOKEN_VARIABLE}."""


@dataclass(frozen=True, slots=True)
class RelaySettings:
    """Where the relay is and how to prove who we are.

    `host`, `port` and `tls` come from `url`; `token` is None for a relay that is open to all.
    """

    url: str
    host: str
    port: int
    tls: bool
    token: str | None = field(default=None, repr=False)

    @property
    def authority(self) -> str:
        """`host:port` as a URL has it, the port left out where it is the scheme's own."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (443 if self.tls else 80) else f"{host}:{self.port}"


def find_relay(
    relay: str | None = None, token: str | None = None, environment: Mapping[str, str] = os.environ
) -> RelaySettings:
    """The relay to use. Raises `NoRelayError` when none is configured, `UsageError` for a bad address."""
    address = relay or environment.get(RELAY_VARIABLE)
    chosen = token or environment.get(TOKEN_VARIABLE)
    saved = {} if address and chosen else read_login(environment)
    address = address or saved.get("relay")
    if not address:
        raise NoRelayError(HOW_TO_GET_A_RELAY)
    settings = parse_relay(address)
    chosen = chosen or _saved_token(saved, settings)
    _check_token(chosen)
    return RelaySettings(settings.url, settings.host, settings.port, settings.tls, chosen)


def parse_relay(address: str) -> RelaySettings:
    """Read a relay's address: `https://share.example.org`, `http://localhost:8080`, `share.example.org`."""
    text = address.strip()
    try:
        parts = urlsplit(text if "://" in text else f"https://{text}")
        port = parts.port
    except ValueError as error:
        raise UsageError(f"{address!r} is no relay's address: {error}") from None
    if parts.scheme not in ("http", "https"):
        raise UsageError(
            f"a relay's address starts with https:// or http://, not {parts.scheme}:// ({address!r})"
        )
    if "@" in parts.netloc:
        raise UsageError("a relay's address holds no user name or password; give the token by itself")
    host = parts.hostname or ""
    if not _HOST.fullmatch(host) or port == 0 or not text.isprintable():
        raise UsageError(f"{address!r} is no relay's address: give one like https://share.example.org")
    if parts.path not in ("", "/") or parts.query or parts.fragment:
        raise UsageError(f"a relay's address ends with its host and port, nothing after them ({address!r})")
    tls = parts.scheme == "https"
    return _settings(host, port or (443 if tls else 80), tls)


def _settings(host: str, port: int, tls: bool) -> RelaySettings:
    bare = RelaySettings("", host, port, tls)
    return RelaySettings(f"{'https' if tls else 'http'}://{bare.authority}", host, port, tls)


def _saved_token(saved: Mapping[str, str], settings: RelaySettings) -> str | None:
    if not saved.get("relay") or parse_relay(saved["relay"]).url != settings.url:
        return None
    return saved.get("token")


def _check_token(token: str | None) -> None:
    """A token travels in a header. It is not shown in the message: most of it may be right."""
    if token is not None and not all(32 < ord(letter) < 127 for letter in token):
        raise UsageError("the token has characters that no token has; copy it again")


# -- the file of `doorstep login` ----------------------------------------------------------------


def login_file(environment: Mapping[str, str] = os.environ) -> Path:
    """Where `doorstep login` keeps the relay and the token."""
    if chosen := environment.get(FILE_VARIABLE):
        return Path(chosen)
    if sys.platform == "win32":
        base = Path(environment.get("APPDATA") or Path.home() / "AppData" / "Roaming")
    else:
        base = Path(environment.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    return base / "doorstep" / "login.json"


def read_login(environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """What `doorstep login` saved; empty when it never did."""
    path = login_file(environment)
    try:
        saved = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise UsageError(f"cannot read {path}: {error}. Run `doorstep login URL` again.") from error
    if not isinstance(saved, dict):
        raise UsageError(f"{path} is not what `doorstep login` writes. Run `doorstep login URL` again.")
    return {key: value for key, value in saved.items() if isinstance(value, str)}


def write_login(relay: str, token: str | None, environment: Mapping[str, str] = os.environ) -> Path:
    """Save them for later, readable by nobody else (mode 0600). Returns the file. Raises `UsageError`."""
    _check_token(token)
    path = login_file(environment)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    content = {"relay": relay} | ({"token": token} if token else {})
    fresh = path.with_name(f"{path.name}.{os.getpid()}.new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(content, file, indent=2)
            file.write("\n")
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)
    return path
