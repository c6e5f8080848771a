"""`doorstep keys` in the terminal."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from doorstep_client import rest
from doorstep_client.cli import main


def test_what_is_no_fingerprint_is_told_where_they_are() -> None:
    done = CliRunner().invoke(main, ["keys", "remove", "laptop"])

    assert done.exit_code == 1
    assert "`doorstep keys list` shows yours" in done.output


def test_a_private_key_is_not_sent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[Any] = []
    monkeypatch.setattr(rest, "call", lambda *what: sent.append(what))
    monkeypatch.setenv("DOORSTEP_RELAY", "https://share.example.org")
    key = tmp_path / "id_ed25519"
    key.write_text("-----BEGIN OPENSSH " + "PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEA\n")

    done = CliRunner().invoke(main, ["keys", "add", str(key)])

    assert done.exit_code == 1
    assert "give the file that ends in .pub" in done.output
    assert sent == []
