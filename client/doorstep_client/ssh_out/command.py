"""The arguments of `ssh`: what is asked for here, over what the user's own configuration says.

`ssh` takes the first value that it finds, the command line's before the files'. So only that is said here
which must hold for every link; keys, agents, aliases and jump hosts stay what they are.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from doorstep_client.errors import UsageError
from doorstep_client.ssh_out.address import SshServer

COMMAND_VARIABLE: Final = "DOORSTEP_SSH_COMMAND"
"""Another `ssh`, or options for it, as `GIT_SSH_COMMAND` has them: `ssh -i ~/.ssh/demo`."""

ALIVE_EVERY: Final = 5
ALIVE_MISSED: Final = 2
"""A peer that is silent for 15 s is gone: ssh asks every 5 s, and gives up at the third in vain."""
CONNECT_DEADLINE: Final = 10
_LOOK_DEADLINE: Final = 5.0

_ALWAYS: Final = (
    f"ServerAliveInterval={ALIVE_EVERY}",
    f"ServerAliveCountMax={ALIVE_MISSED}",
    f"ConnectTimeout={CONNECT_DEADLINE}",
    "ExitOnForwardFailure=yes",
    "ControlMaster=no",  # a shared connection would outlive the link, and keep the forwarding
    "ControlPath=none",
    "PermitLocalCommand=no",
    "LogLevel=DEBUG1",  # tells when the forwarding stands, and whose key it was
)


@dataclass(frozen=True, slots=True)
class Ssh:
    """The program, and what it makes of a server's address."""

    program: tuple[str, ...]
    host: str
    """The host's real name: of an alias in the configuration, what it stands for."""
    new_keys: str | None
    """The `StrictHostKeyChecking` to ask for; None where the user has decided."""


def find_program(environment: Mapping[str, str] = os.environ) -> tuple[str, ...]:
    """`ssh`, or what `DOORSTEP_SSH_COMMAND` says. Raises `UsageError` where there is none."""
    try:
        words = shlex.split(environment.get(COMMAND_VARIABLE, "")) or ["ssh"]
    except ValueError as error:
        raise UsageError(f"{COMMAND_VARIABLE} is no command: {error}") from error
    found = shutil.which(words[0], path=environment.get("PATH"))
    if found is None:
        raise UsageError(f"There is no program {words[0]!r} on this computer. {_how_to_install()}")
    return (found, *words[1:])


def look(program: Sequence[str], server: SshServer) -> Ssh:
    """Ask `ssh -G` what the user's configuration says of this host. Takes some 10 ms. Raises `UsageError`.

    Who asks before trusting a host's first key is who has decided nothing: an answer can come from no
    script, so new keys are accepted, told about and kept, and a changed one is refused for ever.
    """
    command = [*program, "-G", *_place(server)]
    try:
        done = subprocess.run(  # noqa: S603  # the user's own ssh
            command, capture_output=True, text=True, errors="replace", timeout=_LOOK_DEADLINE, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise UsageError(f"The program {program[0]} does not run: {error}") from error
    said = dict(line.lower().partition(" ")[::2] for line in done.stdout.splitlines())
    undecided = said.get("stricthostkeychecking", "ask") == "ask"
    return Ssh(tuple(program), said.get("hostname", server.host), "accept-new" if undecided else None)


def arguments(
    ssh: Ssh, server: SshServer, doorway: str, name: str | None, *, may_ask: bool = False
) -> list[str]:
    """The whole command that holds a link whose visitors come to `doorway`.

    `may_ask` lets ssh ask for passwords, in a terminal: nobody sees the question elsewhere.
    """
    options = [*_ALWAYS]
    if not (may_ask and is_terminal()):
        options.append("BatchMode=yes")
    if ssh.new_keys is not None:
        options.append(f"StrictHostKeyChecking={ssh.new_keys}")
    words = [part for option in options for part in ("-o", option)]
    words += ["-a", "-x", "-tt" if server.tty else "-T"]
    if not server.needs_session:
        words.append("-N")
    words += ["-R", f"{name}:{server.remote}:{doorway}" if name else f"{server.remote}:{doorway}"]
    command = [server.command] if server.command else []
    return [*ssh.program, *words, *_place(server), *command]


def is_terminal() -> bool:
    """Whether somebody can answer a question. In a notebook nobody sees it."""
    if "ipykernel" in sys.modules or sys.stdin is None or sys.stderr is None:
        return False
    try:
        return sys.stdin.isatty() and sys.stderr.isatty()
    except ValueError:  # closed
        return False


def _place(server: SshServer) -> list[str]:
    port = ["-p", str(server.port)] if server.port else []
    user = ["-l", server.user] if server.user else []
    return [*port, *user, "--", server.host]


def _how_to_install() -> str:
    if sys.platform == "win32":
        return "As an administrator: Add-WindowsCapability -Online -Name OpenSSH.Client~~~~0.0.1.0"
    if sys.platform == "darwin":
        return "macOS brings it as /usr/bin/ssh; or: brew install openssh"
    for installer, package in (
        ("apt-get", "openssh-client"),
        ("dnf", "openssh-clients"),
        ("apk", "openssh-client"),
        ("pacman", "openssh"),
        ("conda", "openssh"),
    ):
        if shutil.which(installer):
            verb = {"apk": "add", "pacman": "-S"}.get(installer, "install")
            return f"Install it: {installer} {verb} {package}"
    return "Install OpenSSH's client"
