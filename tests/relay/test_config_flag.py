"""Commands find the relay's data by the same file of settings as the relay itself."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from doorstep_relay.cli import group


@pytest.mark.parametrize("way", ["flag", "environment"])
def test_a_command_reads_where_the_data_is_from_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    file = tmp_path / "relay.toml"
    file.write_text(f'data = "{tmp_path / "data"}"\npublic_url = "https://share.example.org"\n')
    where = ["--config", str(file)] if way == "flag" else []
    if way == "environment":
        monkeypatch.setenv("DOORSTEP_RELAY_CONFIG", str(file))
    for words in (["account", "create", "ann"], ["account", "list", "--json"]):
        done = CliRunner().invoke(group, [*words, *where], catch_exceptions=False)
        assert done.exit_code == 0, done.output
    assert [one["name"] for one in json.loads(done.stdout)] == ["ann"]
    assert (tmp_path / "data" / "relay.db").exists()


def test_help_says_that_it_is_a_file() -> None:
    assert "--config FILE" in CliRunner().invoke(group, ["account", "list", "--help"]).output
