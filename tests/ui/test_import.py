"""What `import doorstep` costs, and what it must not load."""

from __future__ import annotations

import importlib
import subprocess
import sys

import pytest

import doorstep as ds
from doorstep import later

HEAVY = ("asyncio", "starlette", "uvicorn", "aiohttp", "msgspec", "numpy", "PIL", "doorstep_client")


def loaded_after(code: str) -> set[str]:
    shown = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys; print(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    )
    return set(shown.stdout.split())


def test_importing_loads_nothing_heavy() -> None:
    assert not loaded_after("import doorstep") & set(HEAVY)


def test_building_an_app_loads_no_server_and_no_arrays() -> None:
    code = "import doorstep as ds; ds.Interface(lambda a: a, ['text', ds.Image(), 'slider'], 'label')"
    assert not loaded_after(code) & set(HEAVY)


def test_serving_loads_no_arrays_and_no_tunnel() -> None:
    assert not loaded_after("import doorstep.launch") & {"numpy", "PIL", "aiohttp", "doorstep_client"}


@pytest.mark.parametrize("name", ds.__all__)
def test_every_public_name_is_there_and_documented(name: str) -> None:
    assert getattr(ds, name).__doc__
    assert name in dir(ds)


@pytest.mark.parametrize("name", ["cache", "mcp", "load_chat"])
def test_a_name_that_gradio_has_is_said_to_be_missing_yet_and_what_is_there(name: str) -> None:
    code = f"import doorstep as ds\nds.{name}"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    last = shown.stderr.strip().splitlines()[-1]
    assert last.startswith(
        f"AttributeError: doorstep.{name} is not in this version of Doorstep yet; what is: "
    )
    assert last.endswith(", ".join(ds.__all__[-3:]))


def test_a_name_is_either_there_or_missing() -> None:
    assert not later.NAMES & set(dir(ds))


def test_a_module_does_not_hide_the_public_name_that_it_is_called_like() -> None:
    importlib.import_module("doorstep.render")
    importlib.import_module("doorstep.api")
    assert callable(ds.render)
    assert callable(ds.api)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Textbocks'"):
        ds.Textbocks  # noqa: B018
