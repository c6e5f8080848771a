"""The port for SSH clients: which algorithms there are, and how many may knock at a time.

Ciphers and MACs are those that a prefix truncation (Terrapin, CVE-2023-48795) does not touch, also with
clients that do not know strict key exchange: AES in GCM, or in counter mode with encrypt-and-MAC. There is
no compression, so that nothing small becomes large here.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from typing import Final

import asyncssh

from doorstep_relay import __version__
from doorstep_relay.control.pace import Pace
from doorstep_relay.control.turns import Turns
from doorstep_relay.control.turnstile import subscriber
from doorstep_relay.ssh.client import Client
from doorstep_relay.ssh.connection import Connection
from doorstep_relay.ssh.desk import Desk
from doorstep_relay.ssh.knocking import Knocking

LOGIN_DEADLINE: Final = 30.0
"""Seconds in which a client has to prove who it is."""
MOST_KNOCKING: Final = 100
"""Connections that have not proven who they are, of everybody."""
MOST_OF_ONE: Final = 10
"""The same, of one address (of IPv6 the /64 of one subscriber)."""
_BURST: Final = 60
_EVERY: Final = 0.5
"""Connections of one address: so many at once, then one every so many seconds. Each costs a key exchange."""
_SILENT: Final = 1
"""Signs of life that a client may leave unanswered."""
_REKEY_BYTES: Final = "4G"
_WINDOW: Final = 64 * 1024
"""Bytes that may wait in a client's terminal, of which nothing but its end is read."""

KEX: Final = (
    *("curve25519-sha256", "curve25519-sha256@libssh.org"),
    *("mlkem768x25519-sha256", "sntrup761x25519-sha512", "sntrup761x25519-sha512@openssh.com"),
    *("ecdh-sha2-nistp256", "ecdh-sha2-nistp384", "ecdh-sha2-nistp521"),
    *("diffie-hellman-group16-sha512", "diffie-hellman-group18-sha512", "diffie-hellman-group14-sha256"),
)
"""The client's order decides (RFC 4253 7.1). Dropbear sends its first packet on the guess that it and the
relay prefer the same, and asyncssh understands it only if that is so: hence the first one here."""
CIPHERS: Final = (
    *("aes128-gcm@openssh.com", "aes256-gcm@openssh.com", "aes128-ctr", "aes192-ctr", "aes256-ctr"),
)
MACS: Final = ("hmac-sha2-256", "hmac-sha2-512")
SIGNATURES: Final = (
    *("ssh-ed25519", "sk-ssh-ed25519@openssh.com"),
    *("ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521"),
    *("sk-ecdsa-sha2-nistp256@openssh.com", "rsa-sha2-256", "rsa-sha2-512"),
)


class SshDoor:
    """Lets SSH clients in."""

    def __init__(self, desk: Desk, key: asyncssh.SSHKey) -> None:
        self._desk = desk
        self._key = key
        self._knocking: Knocking[Client] = Knocking(MOST_KNOCKING, MOST_OF_ONE)
        self._turns = Turns()
        self._pace = Pace(_BURST, _EVERY)
        self._server: asyncio.Server | None = None

    async def open(self, sock: socket.socket) -> None:
        """Serve a listening socket."""
        # asyncssh logs user names, and a user name may be a token.
        logging.getLogger("asyncssh").setLevel(logging.CRITICAL)
        loop = asyncio.get_running_loop()
        options = await self._options()
        self._server = await loop.create_server(lambda: Connection(loop, options, self._turns), sock=sock)

    def close(self) -> None:
        """Let nobody in any more; who is in stays."""
        if self._server is not None:
            self._server.close()

    async def _options(self) -> asyncssh.SSHServerConnectionOptions:
        options: asyncssh.SSHServerConnectionOptions = await asyncssh.SSHServerConnectionOptions.construct(
            config=None,
            server_factory=lambda: Client(self._desk, self._admit, self._knocking.leave),
            server_host_keys=[self._key],
            server_version=f"Doorstep_{__version__}",
            kex_algs=_offered(KEX, asyncssh_kex()),
            encryption_algs=CIPHERS,
            mac_algs=MACS,
            compression_algs=("none",),
            signature_algs=SIGNATURES,
            host_based_auth=False,
            gss_kex=False,
            gss_auth=False,
            login_timeout=LOGIN_DEADLINE,
            keepalive_interval=self._desk.settings.heartbeat,
            keepalive_count_max=_SILENT,
            rekey_bytes=_REKEY_BYTES,
            window=_WINDOW,
            agent_forwarding=False,
            x11_forwarding=False,
            allow_scp=False,
            line_editor=False,
            encoding="utf-8",
            errors="replace",
        )
        return options

    def _admit(self, client: Client) -> bool:
        """Whether it may knock. Another may have to go for it."""
        who = subscriber(client.address)
        if self._pace.take(who, asyncio.get_running_loop().time()) > 0:
            return False
        goes = self._knocking.come(client, who)
        if goes is not None:
            goes.make_room()
        return True


def _offered(wanted: tuple[str, ...], known: frozenset[str]) -> list[str]:
    """Those that this installation of asyncssh has: the newest depend on what is installed beside it."""
    return [name for name in wanted if name in known]


def asyncssh_kex() -> frozenset[str]:
    """Key exchanges that are there."""
    from asyncssh.kex import get_kex_algs

    return frozenset(name.decode() for name in get_kex_algs())
