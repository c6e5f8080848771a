"""Every setting is in the operator's document, and it is known whether a running relay takes it up."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path

import pytest

from doorstep_relay.config import LIVE, RESTART, Settings
from doorstep_relay.from_settings import edge_limits, session_settings
from scripts.settings_docs import table

DOCUMENT = (Path(__file__).parents[2] / "docs" / "operations.md").read_text(encoding="utf-8")
NAMES = [setting.name for setting in fields(Settings)]


@pytest.mark.parametrize("name", NAMES)
def test_a_setting_changes_while_the_relay_runs_or_needs_a_restart(name: str) -> None:
    assert (name in LIVE) != (name in RESTART)


def test_what_is_said_to_change_or_to_need_a_restart_is_a_setting() -> None:
    assert set(NAMES) == LIVE | RESTART


def test_the_operators_document_has_every_setting_as_it_is() -> None:
    assert table() in DOCUMENT, "run: python -m scripts.settings_docs"


def test_what_a_reload_hands_on_is_what_a_start_does() -> None:
    """A value that the edge or a session reads is live: the parts are given all of them anew."""
    changed = replace(Settings(), max_visitors=5, max_head=2048, body_timeout=3.0)
    limits = edge_limits(changed, 1000)
    assert (limits.max_visitors, limits.max_head, limits.body_timeout) == (5, 2048, 3.0)
    assert session_settings(changed, 1000).files == 1000
