"""The commands for limits, usage and settings, as an operator types them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from doorstep_relay.cli import group
from doorstep_relay.config import LIVE, Settings
from doorstep_relay.errors import ConfigError, NoSuchAccount


@pytest.fixture
def run(tmp_path: Path) -> Any:
    def run(*words: str, data: bool = True) -> str:
        where = ["--data", str(tmp_path / "data")] if data else []
        done = CliRunner().invoke(group, [*words, *where], catch_exceptions=False)
        if done.exception is not None:
            raise done.exception
        return done.stdout

    run("token", "create", "ann")
    return run


def test_an_operator_states_an_accounts_limits_one_at_a_time(run: Any) -> None:
    run("limit", "account", "ann", "max_shares=5", "bytes_per_month=50G")
    run("limit", "account", "ann", "max_lifetime=2h", "max_shares=default", "requests_per_second=none")
    (seen,) = json.loads(run("limit", "account", "ann", "--json"))
    assert seen["stated"] == {
        "bytes_per_month": 50 * 1024**3,
        "max_lifetime": 7200.0,
        "requests_per_second": None,
    }
    assert seen["effective"]["max_shares"] == 1024, "the relay's default again"
    assert "bytes_per_month      53687091200" in run("limit", "account", "ann")


@pytest.mark.parametrize(
    ("change", "said"),
    [("speed=1", "is no limit"), ("max_shares=0", "a whole number from 1"), ("max_shares", "is no limit")],
)
def test_what_is_no_limit_is_refused(run: Any, change: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        run("limit", "account", "ann", change)


def test_limits_of_nobody_are_refused(run: Any) -> None:
    with pytest.raises(NoSuchAccount):
        run("limit", "account", "bob")


def test_the_months_usage_is_a_table_or_json(run: Any) -> None:
    assert json.loads(run("usage", "--json")) == []
    with pytest.raises(ConfigError, match="2026-11"):
        run("usage", "--month", "November")


def test_settings_are_shown_as_they_are_in_force_and_secrets_are_not(
    run: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "relay.toml"
    file.write_text(
        'max_head = "32k"\nlimit_bytes = "1M"\nopen = true\ntrusted_proxies = ["10.0.0.0/8", "::1"]\n'
    )
    monkeypatch.setenv("DOORSTEP_RELAY_SECRET", "hunter2" * 6)
    monkeypatch.setenv("DOORSTEP_RELAY_LIMIT_BYTES", "2M")
    text = run("settings", "--config", str(file), "--json", data=False)
    assert "hunter2" not in text
    seen = {line["name"]: line for line in json.loads(text)}
    assert seen["max_head"]["value"] == "32768"
    assert seen["limit_bytes"]["value"] == str(2 * 1024**2), "the environment beats the file"
    assert seen["trusted_proxies"]["value"] == "10.0.0.0/8,::1/128"
    assert seen["grace"]["value"] == "1h"
    assert (seen["secret"]["value"], seen["secret"]["is_secret"]) == (None, True)
    assert (seen["max_head"]["reloads"], seen["listen"]["reloads"]) == (True, False)


def test_what_a_file_misspells_is_refused(run: Any, tmp_path: Path) -> None:
    file = tmp_path / "relay.toml"
    for text, said in (("max_heads = 1", "did you mean max_head"), ("max_head = ", "cannot be read")):
        file.write_text(text)
        with pytest.raises(ConfigError, match=said):
            run("settings", "--config", str(file), data=False)


def test_what_a_running_relay_takes_up_are_settings() -> None:
    assert {name for name in LIVE if hasattr(Settings, name)} == LIVE
