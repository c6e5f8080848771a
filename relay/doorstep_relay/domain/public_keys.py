"""Public keys as OpenSSH writes them (RFC 4253 6.6, RFC 4716): one line, which gives a fingerprint.

    ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI… ann@laptop

A key is known by its fingerprint alone, the SHA-256 of its bytes: whoever proves to hold the private key of
bytes with that hash holds the key.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from typing import Final, NamedTuple

from doorstep_relay.errors import BadKey

LONGEST: Final = 16 * 1024
"""Characters of a line: RSA with 16,384 bits takes 2,800."""
ALGORITHMS: Final = (
    *("ssh-ed25519", "sk-ssh-ed25519@openssh.com"),
    *("ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521"),
    *("sk-ecdsa-sha2-nistp256@openssh.com", "ssh-rsa"),
)
_LEAST_RSA: Final = 2048


class PublicKey(NamedTuple):
    """A key that may be registered."""

    algorithm: str
    fingerprint: str
    """`SHA256:` and 43 signs, as `ssh-keygen -l` prints it."""
    comment: str


def parse_key(line: str) -> PublicKey:
    """The key in a line of `id_ed25519.pub`. Raises `BadKey`, which repeats nothing of a private key."""
    if "PRIVATE KEY" in line:
        raise BadKey("this is a private key: keep it to yourself, and give the file that ends in .pub")
    words = line.split(maxsplit=2)
    if len(line) > LONGEST or len(line.splitlines()) > 1 or len(words) < 2 or words[0] not in ALGORITHMS:
        raise BadKey(f"this is no line of a .pub file; it begins with one of {', '.join(ALGORITHMS)}")
    blob = _blob(words[1])
    fields = _fields(blob)
    if not fields or fields[0] != words[0].encode():
        raise BadKey("the key says that it is of another kind than its line: copy it again")
    if words[0] == "ssh-rsa":
        _check_rsa(fields)
    return PublicKey(words[0], fingerprint(blob), words[2].strip() if len(words) > 2 else "")


def fingerprint(blob: bytes) -> str:
    """Of a key's bytes, as OpenSSH writes it."""
    return "SHA256:" + base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")


def _blob(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise BadKey("the key is cut short or damaged: copy the whole line") from None


def _fields(blob: bytes) -> list[bytes]:
    """The key's parts, each with its length before it; none when they do not fit together."""
    fields = []
    while blob:
        size = int.from_bytes(blob[:4], "big")
        if len(blob) < 4 + size:
            raise BadKey("the key is cut short or damaged: copy the whole line")
        fields.append(blob[4 : 4 + size])
        blob = blob[4 + size :]
    return fields


def _check_rsa(fields: list[bytes]) -> None:
    bits = int.from_bytes(fields[2], "big").bit_length() if len(fields) == 3 else 0
    if bits < _LEAST_RSA:
        raise BadKey(f"an RSA key needs {_LEAST_RSA} bits at least, and this has {bits}; better use ed25519")
