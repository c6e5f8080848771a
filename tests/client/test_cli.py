"""The `doorstep` command: `login` keeps a secret, `share` gives a port a link."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import clean_env, free_port, run_relay, wait_for

DOORSTEP = str(Path(sys.executable).parent / "doorstep")
TOKEN = "dst_secret_of_mine"


def run(home: Path, *args: str, stdin: str = "", **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [DOORSTEP, *args],
        input=stdin,
        env=clean_env(home, env),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def saved(home: Path) -> dict[str, str]:
    content: dict[str, str] = json.loads((home / ".config/doorstep/login.json").read_text())
    return content


def test_login_reads_the_token_from_standard_input_and_prints_none(tmp_path: Path) -> None:
    done = run(tmp_path, "login", "--no-check", "share.example.org", stdin=f"{TOKEN}\n")

    assert done.returncode == 0, done.stderr
    assert saved(tmp_path) == {"relay": "https://share.example.org", "token": TOKEN}
    assert (tmp_path / ".config/doorstep/login.json").stat().st_mode & 0o777 == 0o600
    assert TOKEN not in done.stdout + done.stderr
    assert "https://share.example.org" in done.stdout


def test_login_asks_for_the_token_without_showing_it(tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    command = [DOORSTEP, "login", "--no-check", "http://localhost:8080"]
    process = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, env=clean_env(tmp_path))
    os.close(theirs)
    shown = b""

    def look() -> bool:
        nonlocal shown
        shown += os.read(ours, 4096)
        return b"oken" in shown

    try:
        wait_for(look, what="the question")
        assert TOKEN not in Path(f"/proc/{process.pid}/cmdline").read_text()
        os.write(ours, TOKEN.encode() + b"\n")
        while True:
            try:
                shown += os.read(ours, 4096)
            except OSError:  # Linux's word for the end of a terminal
                break
        assert process.wait(60) == 0
    finally:
        process.kill()
        process.wait()
        os.close(ours)

    assert TOKEN.encode() not in shown
    assert saved(tmp_path) == {"relay": "http://localhost:8080", "token": TOKEN}


def test_login_to_an_open_relay_needs_no_token(tmp_path: Path) -> None:
    assert run(tmp_path, "login", "--no-check", "http://localhost:8080", stdin="\n").returncode == 0
    assert saved(tmp_path) == {"relay": "http://localhost:8080"}


@pytest.mark.parametrize("address", ["ftp://x", "https://me:pw@x", "https://x/y", ""])
def test_login_to_a_bad_address_is_one_clear_line(tmp_path: Path, address: str) -> None:
    done = run(tmp_path, "login", address, stdin=TOKEN)

    assert done.returncode == 1
    assert done.stderr.startswith("Error: ")
    assert "Traceback" not in done.stderr
    assert TOKEN not in done.stdout + done.stderr
    assert not (tmp_path / ".config").exists()


def test_login_refuses_a_token_that_could_not_be_sent(tmp_path: Path) -> None:
    done = run(tmp_path, "login", "https://x.example", stdin="two words\n")

    assert done.returncode == 1
    assert "token" in done.stderr
    assert not (tmp_path / ".config").exists()


def test_login_asks_the_relay_and_says_what_it_found(tmp_path: Path) -> None:
    with run_relay(tmp_path / "relay") as relay:
        token = relay.token()
        done = run(tmp_path, "login", relay.url.removeprefix("http://"), stdin=f"{token}\n")

        assert done.returncode == 0, done.stderr
        assert f"The relay {relay.url} accepts this token." in done.stdout
        assert saved(tmp_path) == {"relay": relay.url, "token": token}
        assert token not in done.stdout + done.stderr + relay.log


def test_login_with_a_wrong_token_or_none_says_so_at_once_and_saves_nothing(tmp_path: Path) -> None:
    with run_relay(tmp_path / "relay") as relay:
        wrong = run(tmp_path, "login", relay.url, stdin=f"{TOKEN}\n")
        none = run(tmp_path, "login", relay.url, stdin="\n")

    assert (wrong.returncode, none.returncode) == (1, 1)
    assert f"The relay {relay.url} refused the token" in wrong.stderr
    assert f"The relay {relay.url} needs a token" in none.stderr
    assert TOKEN not in wrong.stdout + wrong.stderr
    assert not (tmp_path / ".config").exists()


def test_login_to_a_relay_that_is_open_to_all_says_so(tmp_path: Path) -> None:
    with run_relay(tmp_path / "relay", "--open") as relay:
        done = run(tmp_path, "login", relay.url, stdin="\n")

    assert (done.returncode, saved(tmp_path)) == (0, {"relay": relay.url})
    assert "is open to all" in done.stdout


def test_login_to_a_relay_that_is_not_there_saves_with_a_warning(tmp_path: Path) -> None:
    port = free_port()
    done = run(tmp_path, "login", f"localhost:{port}", stdin=f"{TOKEN}\n")

    assert done.returncode == 0
    assert done.stderr.startswith(f"Warning: Cannot reach the relay http://localhost:{port}: ")
    assert saved(tmp_path) == {"relay": f"http://localhost:{port}", "token": TOKEN}
    assert TOKEN not in done.stdout + done.stderr


def test_login_with_no_check_asks_nobody(tmp_path: Path) -> None:
    done = run(tmp_path, "login", "--no-check", f"localhost:{free_port()}", stdin=f"{TOKEN}\n")

    assert (done.returncode, done.stderr) == (0, "")


def test_no_command_takes_a_token_as_an_argument(tmp_path: Path) -> None:
    for command in ("login", "share"):
        done = run(tmp_path, command, "--help")
        assert done.returncode == 0
        assert "--token" not in done.stdout


def test_share_without_a_relay_says_how_to_get_one(tmp_path: Path) -> None:
    done = run(tmp_path, "share", "8000")

    assert done.returncode == 1
    assert "doorstep login" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("target", ["0", "65536", "http", "ftp://a.b", "nothing/there"])
def test_share_of_what_cannot_be_shared_says_what_can(tmp_path: Path, target: str) -> None:
    done = run(tmp_path, "share", target)
    assert done.returncode == 1
    assert "cannot share" in done.stderr or "not a port" in done.stderr


def test_share_of_what_is_nothing_also_names_scripts(tmp_path: Path) -> None:
    assert "doorstep share app.py" in run(tmp_path, "share", "ap.py:").stderr


def test_share_of_a_script_that_is_not_there_says_so(tmp_path: Path) -> None:
    done = run(tmp_path, "share", "app.py")

    assert (done.returncode, done.stderr) == (1, "Error: cannot read app.py: No such file or directory\n")


def test_a_password_that_is_piped_in_is_said_once(tmp_path: Path) -> None:
    """The relay is not there: what matters is that the command gets that far."""
    relay = {"DOORSTEP_RELAY": f"http://127.0.0.1:{free_port()}"}
    done = run(tmp_path, "policy", "demo", "--password", stdin="open sesame\n", **relay)
    none = run(tmp_path, "policy", "demo", "--password", **relay)

    assert (done.returncode, "Cannot reach the relay" in done.stderr) == (1, True), done.stderr
    assert (none.returncode, "nothing came on standard input" in none.stderr) == (2, True), none.stderr


def test_version_and_help_start_quickly_and_need_no_settings(tmp_path: Path) -> None:
    assert run(tmp_path, "--version").stdout.startswith("doorstep")
    assert "login" in run(tmp_path, "--help").stdout
