"""When the words of a client's command are known: a share opens with them, never before.

OpenSSH asks for its forwardings first and sends its command afterwards, without waiting for an answer in
between. So when a forwarding is asked for, the relay asks the client for a sign of life: all that was sent
before the answer is read by then. If no terminal has been asked for until that (`-N`), there is no command.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from doorstep_relay.errors import BadWords
from doorstep_relay.ssh.words import Words, parse_words

COMMAND_DEADLINE: Final = 10.0
"""Seconds from a terminal to its command."""


class Options:
    """What one client's command asks for. `ask` gives whether the client answers, when it does."""

    def __init__(self, ask: Callable[[], Awaitable[bool]]) -> None:
        self._ask = ask
        self._terminal_comes = False
        self._command = asyncio.Event()
        self.words: Words | None = None
        """None until they are known, and for a command that cannot be obeyed."""
        self.error: BadWords | None = None

    @property
    def settled(self) -> bool:
        """Whether they are known, or known to be wrong."""
        return self._command.is_set()

    def terminal_comes(self) -> None:
        """The client asked for a terminal; its command follows."""
        self._terminal_comes = True

    def command(self, text: str) -> None:
        """The client's command; empty when it wants a shell. Raises `BadWords`."""
        if self.settled:
            if text.strip():
                raise BadWords("the link is open already: give its options in the first command")
            return
        try:
            self.words = parse_words(text)
        except BadWords as error:
            self.error = error
            raise
        finally:
            self._command.set()

    async def known(self) -> Words | None:
        """The words, as soon as it is certain what they are. None when they mean nothing."""
        if not self.settled and not self._terminal_comes:
            await self._ask()
        if not self.settled and self._terminal_comes:
            try:
                async with asyncio.timeout(COMMAND_DEADLINE):
                    await self._command.wait()
            except TimeoutError:
                pass
        if not self.settled:
            self.words = Words()
            self._command.set()
        return self.words
