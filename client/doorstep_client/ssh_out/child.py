"""`ssh` as a child process: its lines as they come, and no longer alive than this process.

Linux could end a child with its parent by itself (`prctl`), but means the parent's *thread*, and needs code
between fork and exec, which a program with threads must not run. So a watcher stands beside `ssh`: a shell
that reads from a pipe that only this process can write to. When that ends without a word, it kills.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, Final, cast

LONGEST_LINE: Final = 16 * 1024
LINE_DEADLINE: Final = 0.5
"""Seconds after which what was said counts as a line without having an end."""
LAST_WORDS: Final = 0.5
"""Seconds for what a process has said to be read, when another still holds its pipes (a jump host's ssh)."""

_WATCHED: Final = """\
trap "" INT
exec 3<&0
{ read -r word <&3 || kill -KILL "$$"; } >/dev/null 2>&1 &
exec "$@" 3<&-
"""
"""`$$` is the shell's own process, which `exec` makes that of ssh. Ctrl-C is for this program to understand:
it is not ssh's to die of, before visitors have had their answers."""


class Child(asyncio.SubprocessProtocol):
    """A running `ssh`. `said(line, aside)` is called on the loop; `aside` is true of its standard error."""

    def __init__(self, said: Callable[[str, bool], None]) -> None:
        self.ended: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        """The exit status, once it is over and all that it said was read."""
        self._said = said
        self._rest = {1: b"", 2: b""}
        self._transport: asyncio.SubprocessTransport

    @classmethod
    async def start(cls, command: Sequence[str], said: Callable[[str, bool], None]) -> Child:
        """Raises `OSError` when it cannot be started."""
        loop = asyncio.get_running_loop()
        flags: dict[str, Any] = {}
        if sys.platform == "win32":
            import subprocess

            flags["creationflags"] = subprocess.CREATE_NEW_PROCESS_GROUP
        else:
            command = [shutil.which("sh") or "/bin/sh", "-c", _WATCHED, "doorstep-ssh", *command]
        _, protocol = await loop.subprocess_exec(lambda: cls(said), *command, **flags)
        return protocol

    @property
    def pid(self) -> int:
        return self._transport.get_pid()

    @property
    def is_frozen(self) -> bool:
        """Whether somebody has stopped the process (SIGSTOP): it will not notice that its peer is gone."""
        if sys.platform == "win32" or not hasattr(os, "waitid"):
            return False
        with suppress(ChildProcessError):
            return os.waitid(os.P_PID, self.pid, os.WSTOPPED | os.WNOHANG | os.WNOWAIT) is not None
        return False

    async def stop(self, patience: float = 0.5) -> None:
        """End it, firmly when it does not listen. Returns when it is gone.

        A signal that comes in the wrong moment moves ssh only when it next has something to do.
        """
        for end in (self._transport.terminate, self._transport.kill):
            if self.ended.done():
                return
            with suppress(ProcessLookupError):
                end()
                self._wake()
            with suppress(TimeoutError):
                async with asyncio.timeout(patience):
                    await asyncio.shield(self.ended)

    def _wake(self) -> None:
        """One that is stopped dies when it goes on."""
        if sys.platform != "win32":
            self._transport.send_signal(signal.SIGCONT)

    # -- asyncio's calls -------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.SubprocessTransport, transport)

    def pipe_data_received(self, fd: int, data: bytes) -> None:
        *lines, rest = (self._rest[fd] + data).split(b"\n")
        self._rest[fd] = rest[-LONGEST_LINE:]
        for line in lines:
            self._say(fd, line)
        if self._rest[fd]:
            asyncio.get_running_loop().call_later(LINE_DEADLINE, self._flush, fd, self._rest[fd])

    def _flush(self, fd: int, rest: bytes) -> None:
        """Say what is no line, unless more of it has come meanwhile."""
        if self._rest[fd] == rest:
            self._rest[fd] = b""
            self._say(fd, rest)

    def _say(self, fd: int, line: bytes) -> None:
        self._said(line.decode("utf-8", "replace").rstrip("\r"), fd == 2)

    def process_exited(self) -> None:
        """The watcher is told to leave: its process number may be somebody else's soon."""
        lifeline = cast(asyncio.WriteTransport, self._transport.get_pipe_transport(0))
        if lifeline is not None:
            lifeline.write(b"\n")
            lifeline.close()
        asyncio.get_running_loop().call_later(LAST_WORDS, self._end)

    def connection_lost(self, exc: Exception | None) -> None:
        """The process is gone, and all pipes are closed."""
        self._end()

    def _end(self) -> None:
        if self.ended.done():
            return
        for fd, rest in self._rest.items():
            if rest:
                self._flush(fd, rest)
        status = self._transport.get_returncode()
        self.ended.set_result(-1 if status is None else status)
