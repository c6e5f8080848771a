"""The page's own tests, which run under Node."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.project.tracked import ROOT


@pytest.mark.timeout(180)  # the first run installs the page's development tools
def test_the_pages_own_tests_pass() -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "scripts" / "page.py", "test"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=170,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
