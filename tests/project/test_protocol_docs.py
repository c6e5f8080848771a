"""docs/protocol.md says what the code does."""

from __future__ import annotations

import re
from typing import get_args

from doorstep_client import wire
from doorstep_relay.edge.answers import ANSWERS
from tests.project.tracked import ROOT

PROTOCOL = (ROOT / "docs" / "protocol.md").read_text()


def test_every_answer_of_the_relay_is_documented_with_its_status() -> None:
    documented = {
        (code, int(status))
        for codes, status in re.findall(r"^\| ((?:`[a-z-]+` ?)+)\| (\d{3}) \|", PROTOCOL, re.MULTILINE)
        for code in re.findall(r"`([a-z-]+)`", codes)
    }

    assert documented == {(answer.code, answer.status) for answer in ANSWERS.values()}


def test_every_message_is_documented_with_its_sender_and_its_fields() -> None:
    rows = re.findall(r"^\| `([a-z]+)` \| (client|relay) \| (.*?) \|", PROTOCOL, re.MULTILINE)
    documented = {
        (kind, sender, frozenset(re.findall(r"`([a-z_]+)\??`", fields))) for kind, sender, fields in rows
    }

    assert documented == {
        (kind.__struct_config__.tag, sender, frozenset(kind.__struct_fields__))
        for sender, messages in (("client", wire.FromClient), ("relay", wire.FromRelay))
        for kind in get_args(messages)
    }
