"""Whoever tries again in these tests does so at once."""

from __future__ import annotations

import pytest

from doorstep_client.sessions.pace import Pace


@pytest.fixture(autouse=True)
def quick_retries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Pace, "after", lambda *_, **__: 0.02)
