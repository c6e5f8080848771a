"""What `pip install doorstep` puts on a machine."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.project.tracked import ROOT

MOST_PACKAGES = 25
MOST_MEGABYTES = 45
PACKAGES = [
    "ui_runtime/doorstep",
    "client/doorstep_client",
    "relay/doorstep_relay",
    "migrations/doorstep_migrations",
]


def project() -> dict[str, object]:
    loaded: dict[str, object] = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return loaded


def base_install() -> set[str]:
    """Names of every distribution that the base install brings, from the metadata of those installed here."""
    found: set[str] = set()
    waiting = requirements("doorstep", "")
    while waiting:
        requirement = waiting.pop()
        name = canonicalize_name(requirement.name)
        for extra in ("", *requirement.extras):
            if f"{name}[{extra}]" not in found:
                found.add(f"{name}[{extra}]")
                waiting += requirements(name, extra)
    return {name.partition("[")[0] for name in found}


def requirements(name: str, extra: str) -> list[Requirement]:
    parsed = [Requirement(line) for line in metadata.requires(name) or []]
    return [each for each in parsed if each.marker is None or each.marker.evaluate({"extra": extra})]


def megabytes(name: str) -> float:
    files = metadata.files(name) or []
    return sum(path.stat().st_size for file in files if (path := Path(str(file.locate()))).is_file()) / 1e6


def test_the_base_install_stays_small() -> None:
    names = base_install()

    assert len(names) + 1 <= MOST_PACKAGES, sorted(names)
    assert sum(map(megabytes, names)) <= MOST_MEGABYTES, {name: megabytes(name) for name in names}


def test_the_page_that_comes_on_top_is_small_too() -> None:
    static = ROOT / "ui_runtime" / "doorstep" / "static"
    size = sum(path.stat().st_size for path in static.rglob("*") if path.is_file())

    assert 0 < size < 9e6


@pytest.mark.parametrize("module", ["doorstep", "doorstep_client"])
def test_an_import_brings_neither_the_other_nor_anything_heavy(module: str) -> None:
    """The UI runtime meets the client in `launch` alone; heavy packages load when a value needs them."""
    heavy = {"numpy", "PIL", "pandas", "sqlalchemy", "fastapi", "pydantic", "cryptography", "doorstep_relay"}
    unwanted = (heavy | {"doorstep", "doorstep_client"}) - {module}
    source = f"import sys, {module}; print(*sorted({unwanted!r} & set(sys.modules)))"

    printed = subprocess.run(
        [sys.executable, "-c", source], check=True, capture_output=True, text=True, timeout=60
    )

    assert printed.stdout.split() == []


def test_the_version_is_one() -> None:
    import doorstep
    import doorstep_relay

    said = {doorstep.__version__, doorstep_relay.__version__}
    assert said == {project()["version"]} == {metadata.version("doorstep")}


@pytest.mark.parametrize("package", PACKAGES)
def test_each_package_says_that_it_is_typed(package: str) -> None:
    assert (ROOT / package / "py.typed").exists()


def test_every_pin_is_a_plain_one_and_covers_what_the_project_asks_for() -> None:
    pins = set()
    for line in (ROOT / "requirements" / "dev.txt").read_text().splitlines():
        if line and not line.startswith("#"):
            requirement = Requirement(line)
            assert requirement.url is None
            pins.add(canonicalize_name(requirement.name))

    assert not base_install() - pins, "run `make lock`"
