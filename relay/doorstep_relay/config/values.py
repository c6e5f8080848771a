"""Settings from text: each reader gives a value or raises `ValueError`, saying what would do."""

from __future__ import annotations

import re
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from doorstep_relay.domain.times import parse_duration

_LABEL: Final = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_DOMAIN: Final = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@+-]{0,63}")
_SIZE: Final = re.compile(r"(\d+)\s*(k|ki|kib|m|mi|mib)?", re.IGNORECASE)
_AMOUNT: Final = re.compile(r"(\d+(?:\.\d+)?)\s*([kmgt])?(?:i?b)?")
_RATE: Final = re.compile(r"\d+(?:\.\d+)?")
_YES: Final = frozenset({"1", "true", "yes", "on"})
_NO: Final = frozenset({"0", "false", "no", "off"})
_DRIVERS: Final = {
    "sqlite": "sqlite",
    "postgres": "postgresql+asyncpg",
    "postgresql": "postgresql+asyncpg",
    "postgresql+asyncpg": "postgresql+asyncpg",
}


class Address(NamedTuple):
    """Where to listen."""

    host: str
    port: int

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


def address(text: str) -> Address:
    """`127.0.0.1:8080`, `[::1]:8080` or `:8080` (every interface). Port 0 lets the system choose."""
    host, colon, port = text.strip().rpartition(":")
    bracketed = host.startswith("[") and host.endswith("]")
    if not colon or not port.isdecimal() or not port.isascii() or int(port) > 65535:
        raise ValueError("write it as host:port, like 127.0.0.1:8080")
    if ":" in host and not bracketed:
        raise ValueError("an IPv6 address needs brackets, like [::1]:8080")
    return Address(host[1:-1] if bracketed else host or "0.0.0.0", int(port))  # noqa: S104  # asked for


def domain(text: str) -> str:
    """A host name, in lower case and without a dot at the end."""
    name = text.strip().lower().removesuffix(".")
    if len(name) > 200 or not name.isascii() or not _DOMAIN.fullmatch(name):
        raise ValueError("give a host name alone, like share.example.org")
    return name


def interstitial(text: str) -> str:
    """`off` or `browsers`."""
    if text.strip().lower() not in {"off", "browsers"}:
        raise ValueError("write off or browsers")
    return text.strip().lower()


def names(text: str) -> tuple[str, ...]:
    """Accounts' names with commas between."""
    found = tuple(part.strip() for part in text.split(","))
    if not all(_NAME.fullmatch(name) for name in found):
        raise ValueError("write accounts' names with commas between, like ann,bob")
    return found


def admin_host(text: str) -> str:
    """A host name, or one of the words `auto` and `none`."""
    word = text.strip().lower()
    return word if word in {"auto", "none"} else domain(text)


def url(text: str) -> str:
    """The origin that visitors use, like https://share.example.org."""
    parts = urlsplit(text.strip())
    try:
        port = parts.port
    except ValueError:
        port = -1
    extra = parts.path.strip("/") or parts.query or parts.fragment or parts.username
    if parts.scheme not in {"http", "https"} or not parts.hostname or port == -1 or extra:
        raise ValueError("give scheme and host alone, like https://share.example.org")
    host = domain(parts.hostname)
    return f"{parts.scheme}://{host}:{port}" if port else f"{parts.scheme}://{host}"


def issuer(text: str) -> str:
    """An OpenID Connect issuer, exactly as it calls itself."""
    address = text.strip()
    parts = urlsplit(address)
    loopback = parts.hostname in {"localhost", "127.0.0.1", "::1"}
    secure = parts.scheme == "https" or (parts.scheme == "http" and loopback)
    if not secure or not parts.hostname or parts.query or parts.fragment or parts.username:
        raise ValueError("give the issuer's https:// address, as its own description has it")
    return address


def word(text: str) -> str:
    """Something that is not empty."""
    if not text.strip():
        raise ValueError("it is empty")
    return text.strip()


def words(text: str) -> tuple[str, ...]:
    """Words with commas between, in lower case."""
    found = tuple(part.strip().lower() for part in text.split(","))
    if not all(found):
        raise ValueError("one of them is empty; write them with commas between")
    return found


def path(text: str) -> Path:
    """A path of the file system; `~` is the user's home."""
    if not text.strip() or "\0" in text:
        raise ValueError("give a path")
    try:
        return Path(text).expanduser()
    except RuntimeError as error:  # `~name` of nobody
        raise ValueError("give a path; there is no such user on this machine") from error


def log_target(text: str) -> str | None:
    """A file, `-` for stdout, or `none`."""
    word = text.strip()
    if word.lower() == "none":
        return None
    return word if word == "-" else str(path(word))


def paths(text: str) -> tuple[Path, ...]:
    """Files, with commas between."""
    return tuple(path(part.strip()) for part in text.split(","))


def database(text: str) -> str:
    """A database URL, with the driver that the relay uses."""
    scheme, separator, rest = text.strip().partition("://")
    if not separator or scheme not in _DRIVERS or not rest:
        raise ValueError(
            "give a URL, like sqlite:////var/lib/doorstep/relay.db or postgresql://user@host/name"
        )
    if scheme.startswith("sqlite") and rest.strip("/") in {"", ":memory:"}:
        raise ValueError("the relay's database has to be a file: sqlite:////path/to/relay.db")
    return f"{_DRIVERS[scheme]}://{rest}"


def boolean(text: str) -> bool:
    """Yes or no, in the usual words."""
    word = text.strip().lower()
    if word not in _YES | _NO:
        raise ValueError("say true or false")
    return word in _YES


def secret(text: str) -> bytes:
    """A secret long enough to be one."""
    if len(text) < 32:
        raise ValueError("a secret has at least 32 characters; `openssl rand -hex 32` makes one")
    return text.encode()


def duration(text: str) -> float:
    """Seconds, more than none."""
    seconds = parse_duration(text)
    if seconds <= 0:
        raise ValueError("it has to be longer than nothing")
    return seconds


def heartbeat(text: str) -> float:
    """Seconds that clients accept as a heartbeat."""
    seconds = duration(text)
    if seconds > 3600:
        raise ValueError("a heartbeat is an hour at the most")
    return seconds


def duration_or_none(text: str) -> float | None:
    """Seconds, or `none`."""
    return None if text.strip().lower() == "none" else duration(text)


def retention(text: str) -> float | None:
    """Seconds, or `none`; enough of them that a running relay has read what is deleted then."""
    seconds = duration_or_none(text)
    if seconds is not None and seconds < 3600:
        raise ValueError("what happened is remembered for an hour at the least")
    return seconds


def count(text: str) -> int:
    """A whole number from 1."""
    word = text.strip()
    if not (word.isascii() and word.isdecimal()) or not 1 <= int(word) <= 1_000_000:
        raise ValueError("give a whole number from 1")
    return int(word)


def size(text: str) -> int:
    """Bytes: `65536`, `64k` or `1M`; at least 1 KiB."""
    match = _SIZE.fullmatch(text.strip())
    unit = (match[2] or "").lower()[:1] if match else ""
    amount = int(match[1]) * {"": 1, "k": 1024, "m": 1024**2}[unit] if match else 0
    if not 1024 <= amount <= 1024**3:
        raise ValueError("give a number of bytes, like 65536 or 64k; at least 1k")
    return amount


def count_or_none(text: str) -> int | None:
    """A whole number from 1, or `none`."""
    return None if text.strip().lower() == "none" else count(text)


def rate(text: str) -> float | None:
    """So many a second, or `none`."""
    word = text.strip().lower()
    if word == "none":
        return None
    if not _RATE.fullmatch(word) or not 0.001 <= float(word) <= 1e9:
        raise ValueError("give a number of requests a second, like 20 or 0.5, or none")
    return float(word)


def part(text: str) -> float:
    """A number from 0 to 1."""
    word = text.strip()
    if not _RATE.fullmatch(word) or float(word) > 1:
        raise ValueError("give a number from 0 to 1")
    return float(word)


def amount(text: str) -> int | None:
    """Bytes: `65536`, `64k`, `1M`, `50G` or `2T`; or `none`."""
    word = text.strip().lower()
    if word == "none":
        return None
    match = _AMOUNT.fullmatch(word)
    found = int(float(match[1]) * 1024 ** " kmgt".index((match[2] or " ")[0])) if match else 0
    if not 1 <= found <= 2**53:
        raise ValueError("give a number of bytes, like 500k, 10M or 50G, or none")
    return found


def networks(text: str) -> tuple[IPv4Network | IPv6Network, ...]:
    """Networks or single addresses, with commas between."""
    try:
        return tuple(ip_network(part.strip()) for part in text.split(","))
    except ValueError:
        raise ValueError("give networks with commas between, like 10.0.0.0/8,fd00::/8") from None
