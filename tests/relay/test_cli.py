"""The `doorstep-relay` command: what a program reads is on stdout, what went wrong is one line."""

from __future__ import annotations

import asyncio
import json
import re
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import ModuleType
from typing import NamedTuple, TypeVar

import pytest

from doorstep_relay import __version__, cli
from doorstep_relay.config import Settings
from doorstep_relay.control.actors import ANONYMOUS
from doorstep_relay.control.shares import Shares
from doorstep_relay.control.tokens import Tokens
from doorstep_relay.errors import BadToken
from doorstep_relay.store.database import Database
from tests.relay.store.services import Clock
from tests.support import Relay, run_relay

T = TypeVar("T")


class Outcome(NamedTuple):
    status: int
    out: str
    err: str


class Command:
    """`doorstep-relay`, on a data directory of the test's own."""

    def __init__(
        self, data: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.data = data
        self._capsys = capsys
        self._monkeypatch = monkeypatch

    def __call__(self, *words: str) -> Outcome:
        return self.bare(*words, "--data", str(self.data))

    def bare(self, *words: str) -> Outcome:
        self._monkeypatch.setattr(sys, "argv", ["doorstep-relay", *words])
        status = 0
        try:
            cli.main()
        except SystemExit as exit_:
            status = int(exit_.code or 0)
        out, err = self._capsys.readouterr()
        assert "Traceback" not in out + err
        return Outcome(status, out, err)

    def relay(self, action: Callable[[Shares, Tokens], Awaitable[T]], clock: Clock | None = None) -> T:
        """What a relay on the same data does."""

        async def run() -> T:
            import time

            settings = Settings(data=self.data)
            database = Database.open(settings)
            try:
                return await action(
                    Shares(database, clock or time.time, settings), Tokens(database, clock or time.time)
                )
            finally:
                await database.close()

        return asyncio.run(run())


@pytest.fixture
def command(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Command:
    return Command(tmp_path / "data", capsys, monkeypatch)


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> list[Settings]:
    """Stands in for the server: what it was told to serve."""
    settings: list[Settings] = []
    server = ModuleType("doorstep_relay.server")
    server.run = lambda given, _sock, _reread, **_: settings.append(given)  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "doorstep_relay.server", server)
    monkeypatch.setattr("doorstep_relay.server", server, raising=False)
    return settings


def test_the_version_is_the_packages(command: Command) -> None:
    assert command.bare("--version").out == f"doorstep-relay {__version__}\n"


# -- token ---------------------------------------------------------------------------------------


def test_a_new_token_stands_alone_on_stdout(command: Command) -> None:
    made = command("token", "create", "ann", "--expires", "30d")
    assert made.status == 0
    token = made.out.removesuffix("\n")
    assert command.relay(lambda _, tokens: tokens.authenticate(token)).account_name == "ann"
    assert token not in made.err
    assert "valid for 30 days" in made.err


def test_tokens_are_listed_for_people_and_for_programs(command: Command) -> None:
    first = command("token", "create", "ann", "--expires", "12h").out
    second = command("token", "create", "build-server").out
    command("token", "revoke", "ann")
    listed = command("token", "list").out.splitlines()
    assert [line.split()[:3] for line in listed] == [
        ["ID", "ACCOUNT", "STATE"],
        [first[4:12], "ann", "revoked"],
        [second[4:12], "build-server", "usable"],
    ]
    assert listed[1].index("revoked") == listed[2].index("usable") == listed[0].index("STATE")
    assert "in 12 h" in listed[1]
    rows = json.loads(command("token", "list", "--json").out)
    assert [(row["account"], row["usable"]) for row in rows] == [("ann", False), ("build-server", True)]


def test_an_empty_list_is_no_output_for_programs_and_a_hint_for_people(command: Command) -> None:
    command("db", "upgrade")
    listed = command("token", "list")
    assert listed.out == ""
    assert "token create" in listed.err
    assert json.loads(command("token", "list", "--json").out) == []


def test_a_revoked_token_opens_nothing(command: Command) -> None:
    token = command("token", "create", "ann").out.strip()
    assert command("token", "revoke", token[4:12]).err == "Revoked 1 token.\n"
    with pytest.raises(BadToken):
        command.relay(lambda _, tokens: tokens.authenticate(token))


def test_revoking_what_is_not_there_fails_in_one_line(command: Command) -> None:
    command("token", "create", "ann")
    failed = command("token", "revoke", "bob")
    assert (failed.status, failed.out) == (1, "")
    assert failed.err.startswith("Error: ")
    assert failed.err.count("\n") == 1


@pytest.mark.parametrize("expires", ["soon", "0", "-1d"])
def test_a_lifetime_that_means_nothing_is_a_usage_error(command: Command, expires: str) -> None:
    failed = command("token", "create", "ann", f"--expires={expires}")
    assert (failed.status, failed.out) == (2, "")


# -- share ---------------------------------------------------------------------------------------


def test_shares_are_listed_for_people_and_for_programs(command: Command) -> None:
    token = command("token", "create", "ann").out.strip()

    async def open_two(shares: Shares, tokens: Tokens) -> None:
        await shares.open(await tokens.authenticate(token), name="demo", expires_in=3 * 3600 + 30)
        await shares.open(ANONYMOUS, name="other")

    command.relay(open_two)
    head, *lines = command("share", "list").out.splitlines()
    assert head.split() == ["NAME", "STATE", "OWNER", "CREATED", "EXPIRES", "REASON"]
    assert [line.split()[:3] for line in lines] == [["other", "live", "nobody"], ["demo", "live", "ann"]]
    assert "in 3 h" in lines[1]
    rows = json.loads(command("share", "list", "--json").out)
    assert [(row["name"], row["state"], row["owner"]) for row in rows] == [
        ("other", "live", None),
        ("demo", "live", "ann"),
    ]


def test_a_share_is_revoked_with_its_reason_beside_a_running_relay(command: Command) -> None:
    command("db", "upgrade")
    command.relay(lambda shares, _: shares.open(ANONYMOUS, name="demo"))
    seen = command.relay(lambda shares, _: shares.last_change())
    assert command("share", "revoke", "demo", "--reason", "over budget").status == 0
    (change,) = command.relay(lambda shares, _: shares.changes_since(seen))
    assert (change.action, change.reason) == ("share.revoke", "over budget")
    assert "over budget" in command("share", "list", "--all").out
    assert command("share", "list").out == ""


def test_a_released_name_can_be_had_again(command: Command) -> None:
    command("db", "upgrade")
    command.relay(lambda shares, _: shares.open(ANONYMOUS, name="demo"))
    command("share", "revoke", "demo")
    assert command("share", "release", "demo").status == 0
    assert command.relay(lambda shares, _: shares.open(ANONYMOUS, name="demo")).epoch == 1


def test_a_share_that_is_not_there_fails_in_one_line(command: Command) -> None:
    command("db", "upgrade")
    for action in ("revoke", "release"):
        assert command("share", action, "demo") == (1, "", "Error: no such share: 'demo'\n")


def test_a_hostile_reason_does_not_steer_the_terminal(command: Command) -> None:
    command("db", "upgrade")
    command.relay(lambda shares, _: shares.open(ANONYMOUS, name="demo"))
    command("share", "revoke", "demo", "--reason", "\x1b[2Jgone\n")
    assert "\x1b" not in command("share", "list", "--all").out


# -- data and settings ---------------------------------------------------------------------------


def test_a_mistyped_directory_is_an_error_not_an_empty_relay(command: Command) -> None:
    for words in (["token", "list"], ["token", "revoke", "x"], ["share", "list"], ["share", "revoke", "x"]):
        failed = command(*words)
        assert failed.status == 1
        assert f"no relay's data in '{command.data}'" in failed.err
    assert not command.data.exists()


def test_the_environment_may_name_the_directory(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOORSTEP_RELAY_DATA", str(command.data))
    assert command.bare("token", "create", "ann").status == 0
    assert "ann" in command("token", "list").out


def test_a_wrong_command_line_has_another_status_than_a_refusal(command: Command) -> None:
    assert command("token", "create").status == 2
    assert command("nonsense").status == 2
    assert command("serve", "--heartbeat", "often").status == 2


# -- serve ---------------------------------------------------------------------------------------


def test_without_a_token_the_relay_does_not_start_and_says_which_commands_help(
    command: Command, served: list[Settings]
) -> None:
    failed = command("serve")
    assert failed.status == 1
    assert f"doorstep-relay token create NAME --data {command.data}" in failed.err
    assert f"doorstep-relay serve --open --data {command.data}" in failed.err
    assert served == []


def test_with_a_token_it_starts_with_its_settings_and_its_secret(
    command: Command, served: list[Settings]
) -> None:
    command("token", "create", "ann")
    assert command("serve", "--listen", "127.0.0.1:0", "--grace", "5m").status == 0
    (settings,) = served
    assert (settings.listen.port, settings.grace, settings.open) == (0, 300, False)
    assert settings.secret == (command.data / "secret").read_bytes()


def test_an_expired_or_revoked_token_is_not_enough(command: Command, served: list[Settings]) -> None:
    command("token", "create", "ann")
    command("token", "revoke", "ann")
    assert command("serve").status == 1
    assert served == []


def test_open_is_said_in_words(
    command: Command, served: list[Settings], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOORSTEP_RELAY_OPEN", "false")
    assert command("serve").status == 1
    assert command("serve", "--open").status == 0
    assert [settings.open for settings in served] == [True]


def test_every_setting_with_a_flag_is_in_the_help(command: Command) -> None:
    text = command.bare("serve", "--help").out
    for name in ("listen", "public-url", "grace", "trusted-proxies", "max-head", "open"):
        assert f"--{name}" in text
    assert "--secret" not in text


def test_a_second_relay_on_the_same_data_is_refused_and_the_first_is_unharmed(tmp_path: Path) -> None:
    with run_relay(tmp_path / "relay") as first:
        second = Relay(first.data)
        with pytest.raises(AssertionError, match=f"another relay .process {first.pid}. already serves"):
            second.start()
        assert first.visit("/healthz").status == 200
    with run_relay(tmp_path / "relay", token=None) as again:
        assert again.visit("/healthz").status == 200, "the lock ends with its holder, also when it is killed"


def test_a_backup_fills_a_new_data_directory(command: Command, tmp_path: Path) -> None:
    raw = command("token", "create", "ann").out.strip()
    file = str(tmp_path / "relay.backup")

    assert re.search("Wrote 1 account, .*1 token", command("backup", file).err)
    assert "is there already" in command("backup", file).err
    assert command("backup", file, "--force").status == 0
    assert "has tables already" in command("restore", file).err
    new = ("--data", str(tmp_path / "new"))
    assert "Restored 1 account, " in command.bare("restore", file, *new).err
    listed = json.loads(command.bare("token", "list", "--json", *new).out)
    assert [token["key"] for token in listed] == [raw.split("_")[1]]
    assert "there is no file" in command.bare("restore", file + "x", *new).err
