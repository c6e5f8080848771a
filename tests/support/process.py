"""Real processes: started with a clean environment, their output kept, always ended."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.support.waiting import wait_for

PATH = os.pathsep.join([str(Path(sys.executable).parent), "/usr/local/bin", "/usr/bin", "/bin", "/usr/sbin"])


def clean_env(home: Path, extra: dict[str, str] | None = None) -> dict[str, str]:
    """What a fresh account's shell would have: no proxy, no token, an empty home."""
    return {
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "PATH": PATH,
        "PYTHONUNBUFFERED": "1",
        **(extra or {}),
    }


class Process:
    """A running program. stdout and stderr go to one file, so no pipe can fill up and stop it."""

    def __init__(
        self,
        command: Sequence[str],
        *,
        log: Path,
        env: dict[str, str],
        cwd: Path | None = None,
        pass_fds: Sequence[int] = (),
    ) -> None:
        self.command = list(command)
        self.log = log
        with log.open("ab") as sink:
            self.popen = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=subprocess.STDOUT,
                env=env,
                cwd=cwd,
                pass_fds=pass_fds,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        return self.popen.pid

    @property
    def running(self) -> bool:
        return self.popen.poll() is None

    @property
    def output(self) -> str:
        """Everything printed so far."""
        return self.log.read_text(errors="replace")

    def wait_for_line(self, pattern: str, deadline: float = 45.0) -> re.Match[str]:
        """The first match of `pattern` in the output. Fails at once when the program ends without it."""

        def look() -> re.Match[str] | None:
            alive = self.running  # asked first: what a program printed before it ended is in the log
            found = re.search(pattern, self.output, re.MULTILINE)
            if found is None and not alive:
                raise AssertionError(f"{self.command[0]} ended ({self.popen.returncode}):\n{self.output}")
            return found

        try:
            return wait_for(look, deadline, what=f"{pattern!r} in the output")
        except TimeoutError as error:
            raise TimeoutError(f"{error}\n{self.output}") from None

    def wait(self, deadline: float = 45.0) -> int:
        """The exit status, once it has ended by itself. Raises `subprocess.TimeoutExpired`."""
        return self.popen.wait(deadline)

    def send(self, sent: signal.Signals) -> None:
        """Signal this program alone: its children are its own business."""
        self.popen.send_signal(sent)

    def kill(self) -> None:
        """`kill -9`, children too: what a crash or a pulled plug looks like."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self.popen.wait(10)

    def stop(self, deadline: float = 45.0) -> int:
        """SIGTERM, then wait; killed with its children when it does not end in time."""
        if self.running:
            self.popen.terminate()
        try:
            return self.popen.wait(deadline)
        except subprocess.TimeoutExpired:
            raise AssertionError(
                f"{self.command[0]} ignored SIGTERM for {deadline} s:\n{self.output}"
            ) from None
        finally:
            self.kill()


@contextlib.contextmanager
def run_script(
    source: str | Path,
    *args: str,
    env: dict[str, str] | None = None,
    home: Path | None = None,
) -> Iterator[Process]:
    """Run a user's script (its source, or its path) in an empty directory with an empty home.

    `env` is added to the clean environment. The script is stopped at the end.
    """
    with TemporaryDirectory(prefix="doorstep-script-") as folder:
        place = home or Path(folder)
        script = source if isinstance(source, Path) else place / "script.py"
        if isinstance(source, str):
            script.write_text(source)
        command = [sys.executable, str(script), *args]
        process = Process(command, log=place / "script.log", env=clean_env(place, env), cwd=place)
        try:
            yield process
        finally:
            process.kill()
