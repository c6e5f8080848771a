"""What an SSH client's terminal shows. It runs nothing, and reads only whether it should end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

import asyncssh

from doorstep_client import wire
from doorstep_relay.errors import BadWords
from doorstep_relay.ssh import lines
from doorstep_relay.ssh.options import Options
from doorstep_relay.ssh.words import HELP

if TYPE_CHECKING:
    from doorstep_relay.ssh.bridge import Bridge

ENDS: Final = "\x03\x04"
"""Ctrl-C and Ctrl-D, as a terminal in raw mode sends them."""
_WORDS: Final = "Nothing runs here: the words of a command are options of your link."
BAD_COMMAND: Final = 2
"""Exit status for words that mean nothing."""


class Terminal(asyncssh.SSHServerSession[str]):
    """One terminal of a client: lines for people on it, errors beside it."""

    def __init__(self, bridge: Bridge, options: Options) -> None:
        self._bridge = bridge
        self._options = options
        self._chan: asyncssh.SSHServerChannel[str]
        self._error = ""
        self._paused = False
        self._dropped = 0
        self.is_open = False
        self.columns = 0
        """0 where nobody knows."""

    # -- asyncssh ----------------------------------------------------------------------------------

    def connection_made(self, chan: asyncssh.SSHServerChannel[str]) -> None:
        self._chan = chan
        self.is_open = True

    def connection_lost(self, exc: Exception | None) -> None:
        self.is_open = False
        self._bridge.detach(self)

    def pty_requested(
        self, term_type: str, term_size: tuple[int, int, int, int], term_modes: Mapping[int, int]
    ) -> bool:
        self.columns = term_size[0]
        return True

    def terminal_size_changed(self, width: int, height: int, pixwidth: int, pixheight: int) -> None:
        self.columns = width

    def shell_requested(self) -> bool:
        return self._command("")

    def exec_requested(self, command: str) -> bool:
        return self._command(command)

    def subsystem_requested(self, subsystem: str) -> bool:
        """Files (sftp, and scp by it): agreed to, since there is no other way to say why not."""
        self._error = f"There are no files here, and no {wire.readable(subsystem, 40)!r}. {lines.USAGE}\n"
        return True

    def _command(self, text: str) -> bool:
        try:
            self._options.command(text)
        except BadWords as error:
            self._error = f"{error}\n{_WORDS}\n{HELP}"
        return True

    def session_started(self) -> None:
        if not self._error:
            self._bridge.attach(self)
        else:
            self.complain(self._error)
            self.end(BAD_COMMAND)

    def data_received(self, data: str, datatype: asyncssh.DataType) -> None:
        if self.has_pty and any(sign in data for sign in ENDS):
            self._bridge.quit()

    def eof_received(self) -> bool:
        return True  # nothing to read is how `ssh -n` begins, and no reason to end

    def signal_received(self, signal: str) -> None:
        if signal in {"INT", "TERM"}:
            self._bridge.quit()

    def break_received(self, msec: int) -> bool:
        return False

    def pause_writing(self) -> None:
        self._paused = True

    def resume_writing(self) -> None:
        self._paused = False
        if self._dropped:
            self.show("")

    # -- for the bridge ----------------------------------------------------------------------------

    @property
    def has_pty(self) -> bool:
        return self._chan.get_terminal_type() is not None

    def show(self, text: str) -> None:
        """Write lines; what a client does not read is left out and counted, not kept."""
        if self._paused or self._bridge.is_full:
            self._dropped += 1
        elif self.is_open and not self._chan.is_closing():
            dropped, self._dropped = self._dropped, 0
            if dropped:
                text = f"… {dropped} lines were left out: they came faster than they could be shown\n{text}"
            self._chan.write(self._lines(text))

    def complain(self, text: str) -> None:
        """Write lines where errors go."""
        if self.is_open and not self._chan.is_closing():
            self._chan.write_stderr(self._lines(text))

    def end(self, status: int) -> None:
        """The command is over."""
        if self.is_open and not self._chan.is_closing():
            self._chan.exit(status)

    def _lines(self, text: str) -> str:
        return text.replace("\n", "\r\n") if self.has_pty else text
