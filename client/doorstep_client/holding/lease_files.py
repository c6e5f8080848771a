"""A link without a name keeps its URL when its script, or cell, is run again: the lease waits in a file.

The file is the user's alone (`~/.local/state/doorstep/leases`, mode 0600), one for each relay, token, script
or cell, and target. It is locked while a run holds it: a second run at the same time gets another one, and a
link of its own. What the relay does not take back, because its grace is over, is forgotten.
`DOORSTEP_KEEP_URL=0` turns all of it off.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from doorstep_client.cells import kernel, notebook, running_cell
from doorstep_client.settings import RelaySettings

KEEP_VARIABLE: Final = "DOORSTEP_KEEP_URL"
SLOTS: Final = 16
"""Links of one script, at a time or one after the other in a run, that come back under their URLs."""
AGAIN: Final = 600.0
"""Seconds for which a link that was closed is opened under its old name by the next run."""
_MOST: Final = 4096
_OFF: Final = ("0", "false", "no", "off")
_NO_SCRIPTS: Final = ("", "-", "-c", "-m")
_KEPT_FOR: Final = 7 * 86400.0
"""Seconds after which a file that nobody holds is removed: no relay waits that long."""

_AT_ONCE: Final = getattr(os, "O_NONBLOCK", 0)
"""Whatever else may have that name, a pipe say, is not waited for."""

_used: dict[Path, str] = {}
"""Those of this process, and by which run of a cell: a link that a run closed is over, and its next one is
another. A script has one run, the process.
"""


class LeaseFile:
    """What a run left to the next one; `lease` and `name` are None when there is nothing."""

    def __init__(self, descriptor: int) -> None:
        self.lease: str | None = None
        self.name: str | None = None
        self._descriptor = descriptor
        self._load()

    def keep(self, lease: str, name: str) -> None:
        """The link is open: a run after this one may have it back."""
        if (lease, name) != (self.lease, self.name):
            self.lease, self.name = lease, name
            self._save({"lease": lease, "name": name})

    def closed(self) -> None:
        """The link was closed; a run that comes soon opens another one under its name."""
        self._save({"name": self.name, "closed_at": time.time()})

    def refused(self) -> bool:
        """The relay does not give back what was asked for. Whether to ask for another link instead."""
        had_any = self.lease is not None or self.name is not None
        self.lease = self.name = None
        return had_any

    def release(self) -> None:
        """This run is done with it."""
        os.close(self._descriptor)

    def _load(self) -> None:
        try:
            kept = json.loads(os.read(self._descriptor, _MOST))
        except (OSError, ValueError):
            return
        if not isinstance(kept, dict) or _is_stale(kept.get("closed_at")):
            return
        self.lease, self.name = _text(kept.get("lease")), _text(kept.get("name"))

    def _save(self, content: Mapping[str, Any]) -> None:
        """On a full disk there is room for what takes the place of something else: cut only afterwards."""
        with suppress(OSError, ValueError):
            os.lseek(self._descriptor, 0, os.SEEK_SET)
            os.ftruncate(self._descriptor, os.write(self._descriptor, json.dumps(content).encode()))


def find_lease(
    relay: RelaySettings, about: str, environment: Mapping[str, str] = os.environ
) -> LeaseFile | None:
    """The first file that no other run holds, for what this script shares (`about`); None without."""
    script = _script(environment)
    if environment.get(KEEP_VARIABLE, "").strip().lower() in _OFF or script in _NO_SCRIPTS:
        return None
    cell = running_cell()
    words = [relay.url, relay.token or "", str(Path(script).absolute()), str(Path.cwd()), about]
    words += [cell.cell] if cell else []
    key = hashlib.sha256("\0".join(words).encode()).hexdigest()[:32]
    try:
        folder = state_folder(environment) / "leases"
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        paths = [folder / f"{key}-{slot}.json" for slot in range(SLOTS)]
        if not paths[0].exists():
            _tidy(folder)
        return _first_free(paths, cell.number if cell else "")
    except (OSError, RuntimeError):  # a read-only home, or none: the link is a new one each time
        return None


def _script(environment: Mapping[str, str]) -> str:
    """What runs. A launcher (uvicorn, a kernel) starts many: a link of one must not become another's.

    What `doorstep share` shares is told apart already.
    """
    script = sys.argv[0] if sys.argv else ""
    if kernel() is not None:
        return notebook(environment)
    is_launcher = (
        script not in _NO_SCRIPTS and Path(script).suffix != ".py" and Path(script).stem != "doorstep"
    )
    return " ".join(sys.argv) if is_launcher else script


def state_folder(environment: Mapping[str, str] = os.environ) -> Path:
    """Where programs leave what they want to know again."""
    if sys.platform == "win32":
        return Path(environment.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "doorstep"
    return Path(environment.get("XDG_STATE_HOME") or Path.home() / ".local" / "state") / "doorstep"


def _first_free(paths: list[Path], run: str) -> LeaseFile | None:
    for path in paths:
        if _used.get(path) == run:
            continue
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | _AT_ONCE, 0o600)
        if _lock(descriptor):
            _used[path] = run
            return LeaseFile(descriptor)
        os.close(descriptor)
    return None


def _tidy(folder: Path) -> None:
    """Remove what nobody comes back for: each script that ever ran would leave its files for good."""
    for path in folder.glob("*.json"):
        with suppress(OSError):
            if time.time() - path.stat().st_mtime > _KEPT_FOR:
                _remove(path)


def _remove(path: Path) -> None:
    """Unless somebody holds it: a link may live for months."""
    descriptor = os.open(path, os.O_RDWR)
    try:
        is_free = _lock(descriptor)
    finally:
        os.close(descriptor)
    if is_free:
        path.unlink()


if sys.platform == "win32":
    import msvcrt

    def _lock(descriptor: int) -> bool:
        try:
            os.lseek(descriptor, 1 << 20, os.SEEK_SET)  # what is locked cannot be read
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        finally:
            os.lseek(descriptor, 0, os.SEEK_SET)
        return True

else:
    import fcntl

    def _lock(descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _is_stale(closed_at: object) -> bool:
    return isinstance(closed_at, int | float) and not 0 <= time.time() - closed_at < AGAIN
