"""Where a lease waits for the next run: disks that are full, names that are no files."""

from __future__ import annotations

import os
import resource
from pathlib import Path

from doorstep_client.holding import lease_files
from tests.client.test_lease_files import found, kept, script

__all__ = ["script"]


def test_a_disk_that_is_full_does_not_cost_the_lease_that_is_there(tmp_path: Path) -> None:
    kept(tmp_path)
    second = found(tmp_path)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))  # not one byte more, in any file
    try:
        second.keep("lease-2", "calm-otter")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    second.release()
    lease_files._used.clear()

    assert found(tmp_path).lease == "lease-1"


def test_a_lease_that_is_shorter_leaves_nothing_of_the_last_one(tmp_path: Path) -> None:
    first = kept(tmp_path)
    assert first.lease == "lease-1"
    second = found(tmp_path)
    second.keep("l", "n")
    second.release()
    lease_files._used.clear()

    third = found(tmp_path)
    assert (third.lease, third.name) == ("l", "n")


def test_a_pipe_in_the_place_of_a_lease_is_not_waited_for(tmp_path: Path) -> None:
    kept(tmp_path)
    (file,) = (tmp_path / "state").rglob("*-0.json")
    file.unlink()
    os.mkfifo(file)

    assert found(tmp_path).lease is None
