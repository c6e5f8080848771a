"""A system that cannot start ssh just now can later; a command that is none never can."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Sequence

import pytest

from doorstep_client.errors import UnreachableError, UsageError
from doorstep_client.link import share
from doorstep_client.ssh_out.child import Child
from tests.ssh_out.conftest import OpenLink, StartServer
from tests.ssh_out.test_ssh_out import Told, only_ssh_of
from tests.support import free_port


def fail_first(monkeypatch: pytest.MonkeyPatch, times: int) -> None:
    """As when there are no processes or descriptors left."""
    start = Child.start
    left = list(range(times))

    async def starting(command: Sequence[str], said: Callable[[str, bool], None]) -> Child:
        if left:
            left.pop()
            raise OSError(errno.EAGAIN, "Resource temporarily unavailable")
        return await start(command, said)

    monkeypatch.setattr(Child, "start", starting)


def test_a_link_outlives_a_moment_in_which_ssh_cannot_be_started(
    start_server: StartServer, open_link: OpenLink, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = Told()
    link = open_link(start_server(), f"remote={free_port()}", on_event=told)
    ssh = only_ssh_of(os.getpid())
    fail_first(monkeypatch, 2)

    ssh.kill()

    told.back(link)


def test_at_first_it_is_told(
    start_server: StartServer, open_link: OpenLink, monkeypatch: pytest.MonkeyPatch
) -> None:
    fail_first(monkeypatch, 1)

    with pytest.raises(UnreachableError, match="cannot be started: .*temporarily unavailable"):
        open_link(start_server())


def test_a_command_that_no_shell_would_take_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOORSTEP_SSH_COMMAND", "ssh -i 'it")

    with pytest.raises(UsageError, match="DOORSTEP_SSH_COMMAND is no command"):
        share(9, relay="ssh://localhost")
