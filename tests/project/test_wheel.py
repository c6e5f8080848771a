"""The wheel holds all that an installed Doorstep needs: nothing is read from a checkout."""

from __future__ import annotations

import subprocess
import sys
import zipfile

import pytest

from tests.project.tracked import ROOT


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The names in a wheel that is built from this tree."""
    target = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(target)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=110)
    [built] = target.glob("*.whl")
    with zipfile.ZipFile(built) as archive:
        return archive.namelist()


@pytest.mark.timeout(120)
def test_it_holds_the_page_built_and_compressed(wheel: list[str]) -> None:
    assets = [name for name in wheel if name.startswith("doorstep/static/")]

    assert any(name.endswith(".js") for name in assets)
    assert any(name.endswith(".js.br") for name in assets)
    assert any(name.endswith(".css") for name in assets)


def test_it_holds_the_migrations(wheel: list[str]) -> None:
    assert "doorstep_migrations/env.py" in wheel
    assert [
        name for name in wheel if name.startswith("doorstep_migrations/versions/") and name.endswith(".py")
    ]


@pytest.mark.parametrize("package", ["doorstep", "doorstep_client", "doorstep_relay", "doorstep_migrations"])
def test_it_says_that_each_package_is_typed(wheel: list[str], package: str) -> None:
    assert f"{package}/py.typed" in wheel


def test_it_holds_every_file_of_the_packages_and_none_beside_them(wheel: list[str]) -> None:
    tops = {name.partition("/")[0] for name in wheel}
    assert {top for top in tops if not top.endswith(".dist-info")} == {
        "doorstep",
        "doorstep_client",
        "doorstep_relay",
        "doorstep_migrations",
    }
    for folder in ("ui_runtime", "client", "relay", "migrations"):
        for path in (ROOT / folder).glob("doorstep*/**/*"):
            name = path.relative_to(ROOT / folder).as_posix()
            if path.is_file() and "__pycache__" not in name and "/static/" not in name:
                assert name in wheel


def test_it_holds_the_licence_and_both_commands(wheel: list[str]) -> None:
    assert any(name.endswith("licenses/LICENSE") for name in wheel)
    assert any(name.endswith("entry_points.txt") for name in wheel)
