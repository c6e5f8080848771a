"""The soak still runs, and what it must not miss it does not miss."""

from __future__ import annotations

import csv
import subprocess
import sys
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree

import pytest

from bench.soak_load import Tally
from bench.soak_report import Sample, draw, faults, sample
from tests.project.tracked import ROOT


def samples(memory: list[float], files: list[int]) -> list[Sample]:
    return [
        Sample(60.0 * number, rss, opened, 5, 50, 20, 5, 1, 2)
        for number, (rss, opened) in enumerate(zip(memory, files, strict=True))
    ]


def test_a_soak_that_stays_flat_after_its_start_is_in_order() -> None:
    flat = samples([60, 80, 99, 100, 100, 101, 100, 102], [9, 40, 50, 50, 50, 52, 49, 51])

    assert faults(flat, Tally(), Tally(failed=Counter({"offline": 7}))) == []


def test_memory_and_descriptors_that_grow_are_faults() -> None:
    growing = samples([60, 80, 90, 100, 110, 120, 130, 140], [9, 20, 30, 40, 50, 60, 70, 80])

    memory, descriptors = faults(growing, Tally())

    assert memory == "the relay's memory grew from 95.0 to 135.0 MB"
    assert descriptors == "the relay's descriptors grew from 35 to 75"


def test_a_failed_visit_to_the_steady_link_is_a_fault_and_a_wrong_answer_is_one_anywhere() -> None:
    failed = Counter({"keep-alive: ClientOSError": 1})
    wrong = Counter({"offline": 2, "WRONG upload: b'1', not b'2'": 1})

    assert len(faults([], Tally(failed=failed), Tally(failed=wrong))) == 2


def test_latencies_become_percentiles_in_milliseconds() -> None:
    one = sample(1.0, (1, 2, 3, 4, 5, 6), [0.001] * 98 + [0.5, 0.5])

    assert (one.p50, one.p99) == (1.0, 500.0)


def test_the_plot_is_well_formed(tmp_path: Path) -> None:
    draw(tmp_path / "soak.svg", samples([0.5, 99.9], [9, 1000]))

    assert ElementTree.parse(tmp_path / "soak.svg").getroot().tag.endswith("svg")  # noqa: S314  # our own


@pytest.mark.timeout(120)
def test_a_short_soak_samples_both_processes_and_finds_no_fault(tmp_path: Path) -> None:
    files = ["--csv", str(tmp_path / "soak.csv"), "--plot", str(tmp_path / "soak.svg")]
    command = [sys.executable, "-m", "bench.soak", "--minutes", "0.115", "--every", "1", *files]

    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=110, check=False)

    assert done.returncode == 0, done.stdout + done.stderr
    rows = list(csv.DictReader((tmp_path / "soak.csv").read_text().splitlines()))
    assert len(rows) >= 4
    assert all(float(row["relay_rss"]) > 0 and int(row["client_files"]) > 0 for row in rows)
    assert any(float(row["p99"]) > 0 for row in rows)
