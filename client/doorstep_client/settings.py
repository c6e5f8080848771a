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
from dataclasses import dataclass, field, replace
from ipaddress import ip_address
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from doorstep_client.errors import NoRelayError, UsageError
from doorstep_client.network.options import PLAIN, Network, find_network

RELAY_VARIABLE: Final = "DOORSTEP_RELAY"
TOKEN_VARIABLE: Final = "DOORSTEP_TOKEN"  # noqa: S105  # the name of a variable
FILE_VARIABLE: Final = "DOORSTEP_CONFIG"
INSPECT_VARIABLE: Final = "DOORSTEP_INSPECT"

_HOST: Final = re.compile(r"[\w.:-]+")

HOW_TO_GET_A_RELAY: Final = f"""\
No public link: no relay is configured. A relay is a server that hands out the links. Either

  use your team's:   doorstep login https://share.example.org
  or run your own:   pip install "doorstep[relay]"
                     doorstep-relay token create me
                     doorstep-relay serve
  or an SSH server:  relay="ssh://HOST", which knows you by your key (docs/ssh-out.md)

then say where it is, with launch(share=True, relay="http://localhost:8080", token="…"),
doorstep share --relay, or the environment variables {RELAY_VARIABLE} and {TOKEN_VARIABLE}."""


@dataclass(frozen=True, slots=True)
class RelaySettings:
    """Where the relay is and how to prove who we are.

    `host`, `port` and `tls` come from `url`; `token` is None for a relay that is open to all.
    The last two are for messages: a token itself is never shown.
    """

    url: str
    host: str
    port: int
    tls: bool
    token: str | None = field(default=None, repr=False)
    token_from: str = ""
    """Where the token was found: `the argument`, `DOORSTEP_TOKEN` or the file."""
    network: Network = PLAIN
    """What is special about the way to it."""
    saved_for: str = ""
    """The other relay that a saved token belongs to, which therefore was not sent."""

    @property
    def authority(self) -> str:
        """`host:port` as a URL has it, the port left out where it is the scheme's own."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (443 if self.tls else 80) else f"{host}:{self.port}"

    def refused(self, why: str) -> str:
        """The sentence for a relay that does not take the token, or the lack of one."""
        if self.token is not None:
            found = f" from {self.token_from}" if self.token_from else ""
            return f"The relay {self.url} refused the token{found}: {why}"
        saved = f"; the saved one belongs to {self.saved_for}" if self.saved_for else ""
        return (
            f"No token was sent to {self.url}{saved}. "
            f"Give token=…, set {TOKEN_VARIABLE} or run `doorstep login {self.url}`."
        )


def find_relay(
    relay: str | None = None,
    token: str | None = None,
    environment: Mapping[str, str] = os.environ,
    *,
    network: Mapping[str, object] = {},
) -> RelaySettings:
    """The relay to use, and the way to it: `network` has what was given of that (`find_network`).

    Raises `NoRelayError` when none is configured, `UsageError` for a bad address or setting.
    """
    address = relay or environment.get(RELAY_VARIABLE)
    chosen = token or environment.get(TOKEN_VARIABLE)
    found = "the argument" if token else TOKEN_VARIABLE
    saved = {} if address and chosen else read_login(environment)
    address = address or saved.get("relay")
    if not address:
        raise NoRelayError(HOW_TO_GET_A_RELAY)
    settings = parse_relay(address)
    owned = _is_saved_for(saved, settings)
    settings = replace(settings, network=find_network(network, environment, saved if owned else {}))
    if not chosen and saved.get("token") and saved.get("relay"):
        if not owned:
            return replace(settings, saved_for=saved["relay"])
        chosen, found = saved["token"], f"the file {login_file(environment)}"
    return with_token(settings, chosen, found) if chosen else settings


def saved_relay(saved: Mapping[str, str], environment: Mapping[str, str] = os.environ) -> RelaySettings:
    """The relay of `doorstep login`, and the way to it, without its token."""
    return replace(parse_relay(saved["relay"]), network=find_network({}, environment, saved))


def _is_saved_for(saved: Mapping[str, str], relay: RelaySettings) -> bool:
    try:
        return parse_relay(saved.get("relay", "")).url == relay.url
    except UsageError:
        return False


def ssh_address(relay: str | None = None, environment: Mapping[str, str] = os.environ) -> str | None:
    """The address of the SSH server that is to be used instead of a relay of ours; None for such a relay."""
    address = relay or environment.get(RELAY_VARIABLE) or read_login(environment).get("relay") or ""
    return address if address.strip().lower().startswith("ssh://") else None


def with_token(settings: RelaySettings, token: str, found: str) -> RelaySettings:
    """The settings with a token, and where it was found. Raises `UsageError` for what is no token."""
    _check_token(token)
    return replace(settings, token=token, token_from=found)


def wants_inspector(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether the environment asks for links to be inspected. Raises `UsageError` for what is no answer."""
    said = environment.get(INSPECT_VARIABLE, "").strip().lower()
    if said in ("1", "true", "yes", "on"):
        return True
    if said in ("", "0", "false", "no", "off"):
        return False
    raise UsageError(f"{INSPECT_VARIABLE} is {said!r}; give 1 or 0")


def parse_relay(address: str) -> RelaySettings:
    """Read a relay's address: `https://share.example.org`, `http://localhost:8080`, `share.example.org`.

    Without a scheme it is https, but http on this computer itself, where no certificate is to be had.
    Raises `UsageError`.
    """
    text = address.strip()
    try:
        bare = urlsplit(f"//{text}")
        scheme = "http" if _is_loopback(bare.hostname or "") else "https"
        parts = urlsplit(text if "://" in text else f"{scheme}://{text}")
        port = parts.port
    except ValueError as error:
        raise UsageError(f"The address {address!r} is no relay's: {error}") from None
    if parts.scheme == "ssh":
        raise UsageError(
            f"{parts.hostname} is an SSH server: it carries links (doorstep share, launch(share=True)), and "
            "knows nothing of accounts, tokens and the links that there are"
        )
    if parts.scheme not in ("http", "https"):
        raise UsageError(
            f"A relay's address starts with https://, http:// or ssh://, not {parts.scheme}:// ({address!r})"
        )
    if "@" in parts.netloc:
        raise UsageError("A relay's address holds no user name or password; give the token by itself")
    host = parts.hostname or ""
    if not _HOST.fullmatch(host) or port == 0 or not text.isprintable():
        raise UsageError(f"The address {address!r} is no relay's: give one like https://share.example.org")
    if parts.path not in ("", "/") or parts.query or parts.fragment:
        raise UsageError(f"A relay's address ends with its host and port, nothing after them ({address!r})")
    tls = parts.scheme == "https"
    return _settings(host, port or (443 if tls else 80), tls)


def _settings(host: str, port: int, tls: bool) -> RelaySettings:
    bare = RelaySettings("", host, port, tls)
    return RelaySettings(f"{'https' if tls else 'http'}://{bare.authority}", host, port, tls)


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _check_token(token: str | None) -> None:
    """A token travels in a header. It is not shown in the message: most of it may be right."""
    if token is not None and not all(32 < ord(letter) < 127 for letter in token):
        raise UsageError("The token has characters that no token has; copy it again")


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
    """What `doorstep login` saved; empty when it never did. Raises `UsageError` for another file."""
    path = login_file(environment)
    try:
        saved = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise UsageError(f"Cannot read {path}: {error}. Run `doorstep login URL` again.") from error
    if not isinstance(saved, dict):
        raise UsageError(
            f"The file {path} is not what `doorstep login` writes. Run `doorstep login URL` again."
        )
    return {key: value for key, value in saved.items() if isinstance(value, str)}


def forget_login(environment: Mapping[str, str] = os.environ) -> None:
    """Remove what was saved, if anything was."""
    login_file(environment).unlink(missing_ok=True)


def write_login(
    relay: str,
    token: str | None,
    environment: Mapping[str, str] = os.environ,
    *,
    network: Network = PLAIN,
) -> Path:
    """Save them for later, readable by nobody else (mode 0600). Returns the file. Raises `UsageError`."""
    _check_token(token)
    path = login_file(environment)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    content = {"relay": relay} | ({"token": token} if token else {}) | network.saved()
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
