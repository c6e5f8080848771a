"""What interrupts a script at its end is heard while somebody knows what it means."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator

import pytest

from doorstep_client.terminal.beside import Beside
from doorstep_client.terminal.plain import Plain


class SlowLink:
    """Its requests take until `answered`."""

    def __init__(self) -> None:
        self.status = "live"
        self.answered = threading.Event()

    def close(self, *, drain: float = 0.0) -> None:
        if drain:
            assert self.answered.wait(20)
        self.status = "ended"


@pytest.fixture
def ctrl_c() -> Iterator[None]:
    """Is what Python makes of it, also where tests run side by side."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("ctrl_c")
def test_a_script_that_ends_while_its_link_drains_is_not_interrupted_any_more() -> None:
    link = SlowLink()
    with Beside(Plain(quiet=True)) as beside:
        beside.links.append(link)  # type: ignore[arg-type]  # it stands in for one
        os.kill(os.getpid(), signal.SIGINT)
        threading.Timer(0.2, link.answered.set).start()

    assert link.answered.is_set()
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
