"""Through the port for SSH nothing is possible but links: threat 29."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Awaitable, Callable

import asyncssh
import pytest
import pytest_asyncio
from asyncssh.packet import Boolean, String, UInt32

from tests.link.ssh.programs import DEADLINE, SshRelay, running

Attempt = Callable[[asyncssh.SSHClientConnection], Awaitable[object]]


@pytest_asyncio.fixture
async def connection(ssh_relay: SshRelay) -> AsyncIterator[asyncssh.SSHClientConnection]:
    """Somebody who is in, with a good key."""
    made = await asyncssh.connect(
        "127.0.0.1",
        ssh_relay.port,
        username="me",
        client_keys=[str(ssh_relay.key)],
        known_hosts=None,
        config=None,
        agent_path=None,
    )
    async with made:
        yield made


ATTEMPTS: dict[str, Attempt] = {
    "sftp": lambda conn: conn.start_sftp_client(),
    "a connection to a host (-L, -D)": lambda conn: conn.open_connection("127.0.0.1", 80),
    "a connection to a UNIX socket": lambda conn: conn.open_unix_connection("/run/systemd/private"),
    "a UNIX socket to listen at": lambda conn: conn.forward_remote_path("/tmp/x", "/tmp/y"),
    "a network device (-w)": lambda conn: conn.create_tun(asyncssh.SSHTunTapSession),  # type: ignore[arg-type]
    "an X11 display": lambda conn: conn.create_process(
        "qr=no", x11_forwarding=True, x11_display="localhost:9", x11_auth_path="/nonexistent"
    ),
}


@pytest.mark.parametrize("what", ATTEMPTS)
async def test_row_29_who_is_in_gets_nothing_but_forwardings_of_http(
    connection: asyncssh.SSHClientConnection, what: str
) -> None:
    with pytest.raises((asyncssh.Error, asyncssh.ChannelListenError, OSError)):
        await ATTEMPTS[what](connection)


async def test_row_29_no_program_runs_and_no_shell_answers(connection: asyncssh.SSHClientConnection) -> None:
    ran = await connection.run("id; cat /etc/passwd")
    assert ran.exit_status == 2
    assert "there is no option 'id;'" in str(ran.stderr)
    assert ran.stdout == ""


async def test_row_29_no_subsystem_is_there(connection: asyncssh.SSHClientConnection) -> None:
    ran = await connection.run(subsystem="netconf", timeout=DEADLINE)
    assert ran.exit_status == 2
    assert "There are no files here, and no 'netconf'." in str(ran.stderr)
    assert ran.stdout == ""


async def test_row_29_no_agent_is_asked_for(
    connection: asyncssh.SSHClientConnection,
) -> None:
    process = await connection.create_process("qr=no")
    assert not process.channel.is_closing()
    assert not await process.channel._make_request(b"auth-agent-req@openssh.com")


def test_row_29_openssh_forwards_nothing_from_here(ssh_relay: SshRelay) -> None:
    command = ssh_relay.alice("-W", f"127.0.0.1:{ssh_relay.app}")
    with running(ssh_relay.home, command) as ssh:
        assert ssh.wait(DEADLINE) == 255
        assert "administratively prohibited: only -R is possible here" in ssh.output


class _Impatient(asyncssh.SSHClient):
    """Asks for a forwarding before it has proven anything (as in CVE-2023-46446)."""

    def connection_made(self, conn: asyncssh.SSHClientConnection) -> None:
        self._conn = conn

    def password_auth_requested(self) -> str:
        conn = self._conn
        conn._auth_complete = True  # else asyncssh would keep the request until it is in
        conn.send_packet(80, String(b"tcpip-forward"), Boolean(True), String(b"early"), UInt32(80))
        conn._auth_complete = False
        return "wrong"


async def test_row_29_before_somebody_is_in_no_request_is_obeyed(ssh_relay: SshRelay) -> None:
    with pytest.raises((asyncssh.Error, OSError)):
        await asyncssh.connect(
            "127.0.0.1",
            ssh_relay.port,
            username="me",
            client_factory=_Impatient,
            preferred_auth="password",
            client_keys=None,
            known_hosts=None,
            config=None,
            agent_path=None,
        )
    assert "early" not in ssh_relay.relay.cli("share", "list")


@pytest.mark.parametrize(
    "said",
    [b"GET / HTTP/1.1\r\n\r\n", b"\0" * 20_000, b"SSH-1.5-old\r\n", b"SSH-2.0-" + b"x" * 9000],
    ids=["http", "zeros", "an old version", "a long version"],
)
def test_row_29_what_is_not_ssh_is_sent_away_at_once(ssh_relay: SshRelay, said: bytes) -> None:
    with socket.create_connection(("127.0.0.1", ssh_relay.port), timeout=DEADLINE) as stranger:
        stranger.sendall(said)
        assert _read_to_end(stranger).startswith(b"SSH-2.0-Doorstep_")


def test_row_29_garbage_in_the_place_of_a_key_exchange_ends_the_connection(ssh_relay: SshRelay) -> None:
    with socket.create_connection(("127.0.0.1", ssh_relay.port), timeout=DEADLINE) as stranger:
        stranger.sendall(b"SSH-2.0-x\r\n" + b"\xff" * 4096)
        _read_to_end(stranger)


def test_row_29_only_algorithms_that_a_cut_prefix_does_not_touch_are_offered(ssh_relay: SshRelay) -> None:
    with socket.create_connection(("127.0.0.1", ssh_relay.port), timeout=DEADLINE) as stranger:
        stranger.sendall(b"SSH-2.0-x\r\n")
        offered = b""
        while b"ext-info-s" not in offered or b"none" not in offered:
            offered += stranger.recv(65536)
    assert b"kex-strict-s-v00@openssh.com" in offered
    for weak in (b"chacha20", b"cbc", b"-etm", b"zlib", b"sha1", b"ssh-rsa,", b"arcfour", b"3des", b"md5"):
        assert weak not in offered


def _read_to_end(stranger: socket.socket) -> bytes:
    read = b""
    try:
        while data := stranger.recv(65536):
            read += data
    except ConnectionResetError:
        pass
    return read
