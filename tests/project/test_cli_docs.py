"""docs/cli.md says what the commands do."""

from __future__ import annotations

import re
from typing import get_args

from doorstep_client.cli import main
from doorstep_client.holding.changes import What
from doorstep_client.terminal.json_lines import request_fields
from doorstep_client.traffic.exchange import Exchange, Message
from tests.project.tracked import ROOT

TEXT = (ROOT / "docs" / "cli.md").read_text()


def test_every_command_is_documented_and_no_other() -> None:
    table = TEXT.partition("\n## ")[0]
    assert set(re.findall(r"`doorstep ([a-z]+)", table)) == set(main.commands)


def test_every_field_of_a_request_is_documented() -> None:
    shown = request_fields(Exchange(1, "GET", "/", Message()))
    assert fields("request") >= shown.keys()


def test_every_change_of_a_link_is_documented() -> None:
    assert fields("change") >= set(get_args(What)) - {"closing", "ended"}, "those are events"


def fields(event: str) -> set[str]:
    row = re.search(rf"^\| `{event}` \|(.*)$", TEXT, re.MULTILINE)
    assert row is not None
    return set(re.findall(r"`([a-z_-]+)`", row.group(1)))
