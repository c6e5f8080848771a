"""The comparison of transports still runs, and has a figure wherever one can be had."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.project.tracked import ROOT


@pytest.mark.timeout(120)
def test_a_short_run_measures_messages_and_handshakes_of_each_kind() -> None:
    kinds = ["uvloop", "aiofastnet on uvloop"]
    command = [
        sys.executable,
        "-m",
        "bench.transports",
        "--rounds",
        "1",
        "--scale",
        "0.02",
        "--kinds",
        *kinds,
    ]

    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=110, check=False)

    assert done.returncode == 0, done.stderr
    rows = [
        [cell.strip() for cell in line.split("|")[1:-1]] for line in done.stdout.splitlines() if "|" in line
    ]
    assert rows[0][1:] == kinds
    missing = [row[0] for row in rows[2:] if "–" in (row[1], row[2])]
    assert missing == ["handshake, resumed, dialling"], "aiofastnet's TLS takes no session"
