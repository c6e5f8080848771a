"""Who comes back finds the link; who is gone without a word is missed; who has no right any more is out."""

from __future__ import annotations

import signal
from pathlib import Path

from tests.link.ssh.programs import DEADLINE, SshRelay, link_of, run_ssh_relay, running
from tests.support import visit, wait_for


def test_the_same_key_gets_its_random_link_back(ssh_relay: SshRelay) -> None:
    command = ssh_relay.openssh("-R", f"80:{ssh_relay.to_app}", key=ssh_relay.new_key())
    with running(ssh_relay.home, command) as ssh:
        before = link_of(ssh)
    with running(ssh_relay.home, command) as ssh:
        assert link_of(ssh) == before
        assert ssh_relay.works(before)


def test_a_second_client_of_the_same_key_takes_nothing_from_the_first(ssh_relay: SshRelay) -> None:
    command = ssh_relay.openssh("-R", f"80:{ssh_relay.to_app}", key=ssh_relay.new_key())
    with running(ssh_relay.home, command) as first, running(ssh_relay.home, command) as second:
        assert link_of(first) != link_of(second)
        assert ssh_relay.works(link_of(first))
        assert ssh_relay.works(link_of(second))


def test_a_client_whose_connection_hangs_is_replaced_when_it_comes_again(ssh_relay: SshRelay) -> None:
    command = ssh_relay.openssh("-R", f"80:{ssh_relay.to_app}", key=ssh_relay.new_key())
    with running(ssh_relay.home, command) as hanging:
        before = link_of(hanging)
        hanging.send(signal.SIGSTOP)
        with running(ssh_relay.home, command) as ssh:
            assert link_of(ssh) == before
            assert ssh_relay.works(before)


def test_a_client_that_hangs_is_missed_after_two_heartbeats(ssh_relay: SshRelay) -> None:
    command = ssh_relay.alice("-R", f"hangs:80:{ssh_relay.to_app}")
    with running(ssh_relay.home, command) as ssh:
        link_of(ssh)
        ssh.send(signal.SIGSTOP)
        wait_for(lambda: visit(ssh_relay.url("hangs"), deadline=20).status == 503, DEADLINE)


def test_a_name_of_ones_own_is_taken_over(ssh_relay: SshRelay) -> None:
    command = ssh_relay.alice("-R", f"moved:80:{ssh_relay.to_app}")
    with running(ssh_relay.home, command) as first:
        link_of(first)
        with running(ssh_relay.home, command) as second:
            second.wait_for_line("It was open elsewhere, and is yours now", DEADLINE)
            assert first.wait(DEADLINE) == 3
            assert "another client has taken this link over" in first.output
            assert ssh_relay.works(ssh_relay.url("moved"))


def test_a_revoked_link_ends_with_its_reason(ssh_relay: SshRelay) -> None:
    command = ssh_relay.alice("-R", f"unwanted:80:{ssh_relay.to_app}")
    with running(ssh_relay.home, command) as ssh:
        link_of(ssh)
        ssh_relay.relay.cli("share", "revoke", "unwanted", "--reason", "phishing")
        assert ssh.wait(DEADLINE) == 3
        assert "unwanted: this link was revoked: phishing" in ssh.output
        assert visit(ssh_relay.url("unwanted")).status == 410


def test_a_pause_is_told(ssh_relay: SshRelay) -> None:
    command = ssh_relay.alice("-R", f"pausing:80:{ssh_relay.to_app}")
    with running(ssh_relay.home, command) as ssh:
        link_of(ssh)
        ssh_relay.relay.cli("share", "pause", "pausing")
        ssh.wait_for_line("pausing: paused: nobody sees it", DEADLINE)
        ssh_relay.relay.cli("share", "resume", "pausing")
        ssh.wait_for_line("pausing: resumed: visitors come again", DEADLINE)


def test_a_removed_key_loses_its_sessions_and_opens_nothing(ssh_relay: SshRelay) -> None:
    key = ssh_relay.new_key()
    command = ssh_relay.openssh("-R", f"keyless:80:{ssh_relay.to_app}", key=key)
    with running(ssh_relay.home, command) as ssh:
        link_of(ssh)
        lines = ssh_relay.relay.cli("key", "list").splitlines()
        fingerprint = next(line.split()[0] for line in lines if line.endswith(key.name))
        ssh_relay.relay.cli("key", "remove", fingerprint)
        assert ssh.wait(DEADLINE) == 3
        assert "the key of this session was removed" in ssh.output
        wait_for(lambda: visit(ssh_relay.url("keyless")).status == 503, DEADLINE)
    with running(ssh_relay.home, command) as ssh:
        assert ssh.wait(DEADLINE) == 255
        assert "Permission denied" in ssh.output


def test_a_banned_account_is_out_at_once(ssh_relay: SshRelay) -> None:
    ssh_relay.relay.token("mallory")
    command = ssh_relay.openssh("-R", f"80:{ssh_relay.to_app}", key=ssh_relay.new_key("mallory"))
    with running(ssh_relay.home, command) as ssh:
        link_of(ssh)
        ssh_relay.relay.cli("account", "ban", "mallory", "--reason", "spam")
        assert ssh.wait(DEADLINE) == 3
        assert "this link was revoked: spam" in ssh.output
    with running(ssh_relay.home, command) as ssh:
        assert ssh.wait(DEADLINE) == 255
        assert "this account is banned (spam)" in ssh.output


def test_a_key_opens_only_the_names_it_is_for(ssh_relay: SshRelay) -> None:
    key = ssh_relay.new_key("alice", "--names", "ci-*")
    with running(ssh_relay.home, ssh_relay.openssh("-R", f"80:{ssh_relay.to_app}", key=key)) as ssh:
        assert link_of(ssh).startswith("http://ci-")
    with running(ssh_relay.home, ssh_relay.openssh("-R", f"other:80:{ssh_relay.to_app}", key=key)) as ssh:
        assert ssh.wait(DEADLINE) == 1
        assert "this token may open only names like ci-*" in ssh.output


def test_an_open_relay_lets_everybody_in_and_knows_them_again(tmp_path: Path) -> None:
    with run_ssh_relay(tmp_path, "--open") as ssh_relay:
        nameless = ssh_relay.openssh("-R", f"80:{ssh_relay.to_app}")
        with running(tmp_path, nameless) as ssh:
            before = link_of(ssh)
        named = ssh_relay.openssh("-R", f"demo:80:{ssh_relay.to_app}")
        for _ in range(2):
            with running(tmp_path, named) as ssh:
                assert link_of(ssh) == ssh_relay.url("demo").rstrip("/")
        ssh_relay.relay.stop()
        ssh_relay.relay.start()
        with running(tmp_path, nameless) as ssh:
            assert link_of(ssh) == before
            assert ssh_relay.works(before)
        stranger = ssh_relay.openssh("-R", f"demo:80:{ssh_relay.to_app}", user="stranger")
        with running(tmp_path, stranger) as ssh:
            assert ssh.wait(DEADLINE) == 1
            assert "the name 'demo' is somebody else's" in ssh.output
