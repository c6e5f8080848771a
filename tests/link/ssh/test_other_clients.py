"""Dropbear's client, plink and autossh; and tokens in place of keys."""

from __future__ import annotations

import signal
import subprocess
from pathlib import Path

import pytest

from tests.link.ssh.programs import DEADLINE, SshRelay, link_of, running
from tests.support import wait_for


def test_dropbear_opens_a_link(ssh_relay: SshRelay) -> None:
    key = ssh_relay.home / "dropbear"
    made = subprocess.run(
        ["dropbearkey", "-t", "ed25519", "-f", str(key)],
        check=True,
        capture_output=True,
        text=True,
        timeout=20,
    )
    line = next(line for line in made.stdout.splitlines() if line.startswith("ssh-ed25519"))
    (ssh_relay.home / "dropbear.pub").write_text(line)
    ssh_relay.relay.cli("key", "add", "alice", str(ssh_relay.home / "dropbear.pub"))
    options = ["-y", "-y", "-i", str(key), "-p", str(ssh_relay.port), "-R", f"drop:80:{ssh_relay.to_app}"]
    with running(ssh_relay.home, ["dbclient", *options, "me@127.0.0.1", "qr=no"]) as client:
        assert link_of(client) == ssh_relay.url("drop").rstrip("/")
        assert ssh_relay.works(ssh_relay.url("drop"))


def test_plink_opens_a_link_with_a_token_as_its_password(ssh_relay: SshRelay) -> None:
    secret = ssh_relay.home / "token"
    secret.write_text(ssh_relay.relay.token("alice"))
    fingerprint = ssh_relay.relay.cli("ssh", "fingerprint").splitlines()[0]
    options = [
        *("-batch", "-P", str(ssh_relay.port), "-hostkey", fingerprint, "-pwfile", str(secret)),
        *("-R", f"plink:80:{ssh_relay.to_app}"),
    ]
    with running(ssh_relay.home, ["plink", *options, "me@127.0.0.1", "qr=no"]) as client:
        assert link_of(client) == ssh_relay.url("plink").rstrip("/")
        assert ssh_relay.works(ssh_relay.url("plink"))


def test_autossh_gets_its_link_back_when_its_ssh_is_killed(ssh_relay: SshRelay) -> None:
    command = ssh_relay.openssh("-R", f"80:{ssh_relay.to_app}", key=ssh_relay.new_key())
    env = {"AUTOSSH_GATETIME": "0", "AUTOSSH_POLL": "10", "AUTOSSH_PIDFILE": f"{ssh_relay.home}/autossh.pid"}
    with running(ssh_relay.home, ["autossh", "-M", "0", *command[1:]], env) as client:
        before = link_of(client)
        child = Path(f"/proc/{client.pid}/task/{client.pid}/children").read_text().split()[0]
        subprocess.run(["kill", "-9", child], check=True, timeout=20)
        wait_for(lambda: client.output.count(f"\n{before}\n") > 1, DEADLINE, what="the same link again")
        assert ssh_relay.works(before)


def test_a_token_is_a_user_name(ssh_relay: SshRelay) -> None:
    token = ssh_relay.relay.token("alice")
    with running(ssh_relay.home, ssh_relay.openssh("-R", f"80:{ssh_relay.to_app}", user=token)) as ssh:
        assert ssh_relay.works(link_of(ssh))
    assert token[-40:] not in ssh_relay.relay.log


@pytest.mark.parametrize("user", ["me", "dst_aaaaaaaa_" + "b" * 40])
def test_without_a_good_token_or_key_nobody_gets_in(ssh_relay: SshRelay, user: str) -> None:
    stranger = ssh_relay.new_key(account=None)
    command = ssh_relay.openssh("-R", f"80:{ssh_relay.to_app}", key=stranger, user=user)
    with running(ssh_relay.home, command) as ssh:
        assert ssh.wait(DEADLINE) == 255
        assert "Permission denied" in ssh.output


def test_ctrl_c_in_a_terminal_ends_the_link_for_good(ssh_relay: SshRelay) -> None:
    command = ssh_relay.alice("-tt", "-R", f"enough:80:{ssh_relay.to_app}")
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as ssh:
        assert ssh.stdin is not None
        wait_for(lambda: ssh_relay.works(ssh_relay.url("enough")), DEADLINE)
        ssh.stdin.write(b"\x03")
        ssh.stdin.flush()
        assert ssh.wait(DEADLINE) == 0
    wait_for(lambda: is_listed(ssh_relay, "enough", "closed"), DEADLINE, what="the end of the link")


def test_stopping_the_client_takes_the_link_offline_and_keeps_it(ssh_relay: SshRelay) -> None:
    command = ssh_relay.alice("-R", f"resting:80:{ssh_relay.to_app}")
    with running(ssh_relay.home, command) as ssh:
        link_of(ssh)
        ssh.send(signal.SIGINT)
        ssh.wait(DEADLINE)
    wait_for(lambda: is_listed(ssh_relay, "resting", "offline"), DEADLINE, what="the client to be missed")


def is_listed(ssh_relay: SshRelay, name: str, state: str) -> bool:
    shares = ssh_relay.relay.cli("share", "list", "--all").splitlines()
    return any(name in line and state in line for line in shares)


def test_an_owner_registers_a_key_and_removes_it(ssh_relay: SshRelay) -> None:
    key, env = ssh_relay.new_key(account=None), ssh_relay.relay.client_env()
    told = _doorstep(ssh_relay, env, "keys", "add", f"{key}.pub", "--label", "laptop")
    fingerprint = told.removeprefix("Registered ").rstrip(".\n")
    command = ssh_relay.openssh("-R", f"owned:80:{ssh_relay.to_app}", key=key)
    with running(ssh_relay.home, command) as ssh:
        link_of(ssh)
        assert f"{fingerprint}  ssh-ed25519  laptop" in _doorstep(ssh_relay, env, "keys", "list")
        _doorstep(ssh_relay, env, "keys", "remove", fingerprint)
        assert ssh.wait(DEADLINE) == 3
    assert fingerprint not in _doorstep(ssh_relay, env, "keys", "list")


def _doorstep(ssh_relay: SshRelay, env: dict[str, str], *words: str) -> str:
    with running(ssh_relay.home, ["doorstep", *words], env) as process:
        assert process.wait(DEADLINE) == 0, process.output
        return process.output
