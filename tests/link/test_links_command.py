"""`doorstep links` and what is done to one of them, against a real relay."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests.link.clients import ROOT, client
from tests.link.conftest import Lasting
from tests.support.process import clean_env

COMMAND = str(Path(sys.executable).parent / "doorstep")


def doorstep(lasting: Lasting, home: Path, account: str, *words: str) -> tuple[int, str, str]:
    env = {"PYTHONPATH": ROOT, "DOORSTEP_RELAY": lasting.relay.url, "DOORSTEP_TOKEN": lasting.token(account)}
    done = subprocess.run(
        [COMMAND, *words],
        env=clean_env(home, env),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


def test_an_owner_sees_and_changes_its_links_from_any_computer(lasting: Lasting, tmp_path: Path) -> None:
    relay, linus = lasting.relay, lasting.token("linus")
    with client(relay, linus, name="of-linus", expires_in=3600) as running:
        status, listed, _ = doorstep(lasting, tmp_path, "linus", "links")
        assert status == 0
        assert [line.split()[:2] for line in listed.splitlines()] == [["NAME", "STATE"], ["of-linus", "live"]]
        assert running.url in listed

        assert "in 3 h" in doorstep(lasting, tmp_path, "linus", "extend", "of-linus", "2h")[1]
        running.told("now ends at")
        assert doorstep(lasting, tmp_path, "linus", "pause", "of-linus")[0] == 0
        assert relay.visit(running.url).json()["code"] == "paused"
        assert "live, paused" in doorstep(lasting, tmp_path, "linus", "links")[1]
        assert doorstep(lasting, tmp_path, "linus", "resume", "of-linus")[0] == 0
        assert relay.visit(running.url).status == 200

        status, _, why = doorstep(lasting, tmp_path, "alice", "revoke", "of-linus")
        assert (status, "No such share" in why) == (1, True)
        assert doorstep(lasting, tmp_path, "linus", "extend", "of-linus", "soon")[0] == 2
        assert doorstep(lasting, tmp_path, "linus", "revoke", "of-linus", "--reason", "done")[0] == 0
        assert running.ended() == "revoked"
    (over,) = json.loads(doorstep(lasting, tmp_path, "linus", "links", "--all", "--json")[1])
    assert (over["name"], over["state"], over["reason"]) == ("of-linus", "revoked", "done")
