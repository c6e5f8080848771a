"""How this computer's network lets it out, and whom it trusts there: proxy, authorities, certificate, keys.

Each is looked for by itself: as an argument, a variable, or in what `doorstep login` saved for the relay.
docs/networks.md has the table.
"""

from __future__ import annotations

import base64
import binascii
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from doorstep_client.errors import UsageError

VARIABLES: Final = {
    "ca": "DOORSTEP_CA",
    "cert": "DOORSTEP_CLIENT_CERT",
    "key": "DOORSTEP_CLIENT_KEY",
    "pin": "DOORSTEP_PIN",
    "proxy": "DOORSTEP_PROXY",
}
"""Setting → environment variable. The setting's name is the argument's, and the key in the file."""
_SAVED: Final = ("ca", "cert", "key", "pin")
"""Not the proxy: that belongs to the network where the computer is today."""
NO_PROXY_AT_ALL: Final = frozenset({"none", "direct"})
_PIN: Final = "sha256/"


@dataclass(frozen=True, slots=True)
class Network:
    """What is special about the way to a relay; empty for most people."""

    ca: str = ""
    """A file or folder with certificates of authorities (PEM), trusted beside the system's."""
    cert: str = ""
    """A file with this client's certificate (PEM), and its key unless `key` has it."""
    key: str = ""
    pin: str = ""
    """`sha256/…` of the public keys that the relay may have, separated by commas."""
    proxy: str = field(default="", repr=False)
    """`http://` or `https://` with user and password if need be; `none` to go straight."""
    proxy_from: str = field(default="", compare=False)
    """Who named it, for messages."""

    @property
    def pins(self) -> frozenset[bytes]:
        """The hashes of the relay's possible public keys; empty when any will do."""
        return frozenset(base64.b64decode(pin.removeprefix(_PIN)) for pin in self.pin.split(",") if pin)

    def saved(self) -> dict[str, str]:
        """What a login keeps of it."""
        return {name: value for name in _SAVED if (value := getattr(self, name))}


PLAIN: Final = Network()


def find_network(
    given: Mapping[str, object], environment: Mapping[str, str] = os.environ, saved: Mapping[str, str] = {}
) -> Network:
    """The network's settings, from arguments (`given`), variables or the file. Raises `UsageError`."""
    found: dict[str, str] = {}
    for name, variable in VARIABLES.items():
        argument = _text(name, given.get(name))
        value = argument or environment.get(variable, "") or saved.get(name, "")
        if value:
            found[name] = _checked(name, value, name if argument else variable)
    if given.get("proxy"):
        found["proxy_from"] = "the argument proxy"
    return Network(**found)


def cert_and_key(cert: object) -> dict[str, object]:
    """The argument `cert`: a file, or a pair of files with certificate and key."""
    if isinstance(cert, tuple | list) and len(cert) == 2:
        return {"cert": cert[0], "key": cert[1]}
    return {"cert": cert}


def make_pin(key: bytes) -> str:
    """The pin of a public key, from the SHA-256 of its SubjectPublicKeyInfo."""
    return _PIN + base64.b64encode(key).decode()


def _text(name: str, value: object) -> str:
    if value is None:
        return ""
    if not isinstance(value, str | os.PathLike):
        raise UsageError(f"{name} is of the type {type(value).__name__}; give a string")
    return os.fspath(value)


def _checked(name: str, value: str, source: str) -> str:
    if name == "pin":
        return ",".join(_pin(one, source) for one in value.replace(",", " ").split())
    if name == "proxy":
        return value.strip()
    path = Path(value).expanduser()
    if not path.exists():
        raise UsageError(f"{source} names {value!r}, and there is no such file")
    return str(path.absolute())


def _pin(text: str, source: str) -> str:
    digest = text.removeprefix(_PIN).removeprefix("/")  # curl writes sha256//
    try:
        if not text.startswith(_PIN) or len(base64.b64decode(digest, validate=True)) != 32:
            raise ValueError("no hash of this kind")
    except (ValueError, binascii.Error):
        raise UsageError(
            f"{source} is {text!r}; give sha256/ and the base64 of the hash of a public key, as "
            "`doorstep doctor` shows it"
        ) from None
    return _PIN + digest
