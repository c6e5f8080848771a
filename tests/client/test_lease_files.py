"""What a run of a script leaves to the next one, so that its link keeps its URL."""

from __future__ import annotations

import json
import os
import stat
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from doorstep_client.holding import lease_files
from doorstep_client.holding.lease_files import LeaseFile, find_lease, state_folder
from doorstep_client.settings import RelaySettings, parse_relay, with_token

RELAY = with_token(parse_relay("https://relay.example"), "secret-token", "a test")


@pytest.fixture(autouse=True)
def script(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "argv", [str(tmp_path / "app.py")])
    monkeypatch.setattr(lease_files, "_used", {})


def found(tmp_path: Path, relay: RelaySettings = RELAY, about: str = "app", **changes: str) -> LeaseFile:
    lease = find_lease(relay, about, {"XDG_STATE_HOME": str(tmp_path / "state"), **changes})
    assert lease is not None
    return lease


def next_run() -> None:
    lease_files._used.clear()


def kept(tmp_path: Path) -> LeaseFile:
    """The file of a run that had a link, and is gone."""
    first = found(tmp_path)
    first.keep("lease-1", "calm-otter")
    first.release()
    next_run()
    return first


def test_the_next_run_of_a_script_has_the_lease_of_the_last_one(tmp_path: Path) -> None:
    kept(tmp_path)
    again = found(tmp_path)

    assert (again.lease, again.name) == ("lease-1", "calm-otter")


def test_two_runs_at_once_have_a_link_each(tmp_path: Path) -> None:
    first = found(tmp_path)
    first.keep("lease-1", "calm-otter")
    next_run()
    second = found(tmp_path)
    assert second.lease is None
    second.keep("lease-2", "wild-fox")
    first.release()
    second.release()
    next_run()

    assert [found(tmp_path).lease, found(tmp_path).lease] == ["lease-1", "lease-2"]


def test_a_run_does_not_take_up_what_it_has_ended_itself(tmp_path: Path) -> None:
    first = found(tmp_path)
    first.keep("lease-1", "calm-otter")
    first.closed()
    first.release()

    assert found(tmp_path).name is None


def test_a_link_that_was_closed_comes_back_under_its_name_for_a_while(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = found(tmp_path)
    first.keep("lease-1", "calm-otter")
    first.closed()
    first.release()
    next_run()
    again = found(tmp_path)
    assert (again.lease, again.name) == (None, "calm-otter")
    again.release()
    next_run()
    monkeypatch.setattr(lease_files, "AGAIN", 0.0)

    assert found(tmp_path).name is None


def test_what_the_relay_does_not_give_back_is_asked_for_once(tmp_path: Path) -> None:
    kept(tmp_path)
    again = found(tmp_path)

    assert again.refused()
    assert (again.lease, again.name) == (None, None)
    assert not again.refused()


def test_another_relay_token_target_or_script_has_nothing_to_do_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept(tmp_path)
    for other in (
        {"relay": parse_relay("https://other.example")},
        {"relay": with_token(parse_relay("https://relay.example"), "another", "a test")},
        {"about": "port 8501"},
    ):
        assert found(tmp_path, **other).lease is None  # type: ignore[arg-type]  # the one or the other
    monkeypatch.setattr(sys, "argv", ["other.py"])
    assert found(tmp_path).lease is None


def test_nobody_else_can_read_it_and_no_token_is_in_it(tmp_path: Path) -> None:
    kept(tmp_path)
    folder = tmp_path / "state" / "doorstep" / "leases"
    (file,) = folder.iterdir()

    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert "secret-token" not in file.read_text() + file.name


def test_a_file_that_is_broken_costs_nothing_but_the_url(tmp_path: Path) -> None:
    kept(tmp_path)
    (file,) = (tmp_path / "state" / "doorstep" / "leases").iterdir()
    for nonsense in ("", "{", "[]", '{"lease": 1, "name": []}', '{"name": "x", "closed_at": "then"}'):
        file.write_text(nonsense)
        lease = found(tmp_path)
        assert lease.lease is None
        lease.release()
        next_run()


@pytest.mark.parametrize("answer", ["0", "no", "OFF"])
def test_it_can_be_turned_off(tmp_path: Path, answer: str) -> None:
    environment = {"XDG_STATE_HOME": str(tmp_path), "DOORSTEP_KEEP_URL": answer}
    assert find_lease(RELAY, "app", environment) is None


def test_what_is_no_script_keeps_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["-c"])

    assert find_lease(RELAY, "app", {"XDG_STATE_HOME": str(tmp_path)}) is None


def test_a_home_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    assert find_lease(RELAY, "app", {"XDG_STATE_HOME": str(tmp_path / "file")}) is None


def test_it_is_where_programs_keep_their_state(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))

    assert state_folder({}) == tmp_path / ".local" / "state" / "doorstep"


class Kernel:
    """A notebook's kernel, as far as it tells what it runs."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.shell = SimpleNamespace(user_ns={})
        self._message: dict[str, Any] = {}
        ipython = ModuleType("IPython")
        vars(ipython)["get_ipython"] = lambda: SimpleNamespace(kernel=self)
        monkeypatch.setitem(sys.modules, "IPython", ipython)
        monkeypatch.setattr(sys, "argv", ["/site-packages/ipykernel_launcher.py", "-f", "kernel-1.json"])
        self.run("cell-1", "run-1")

    def run(self, cell: str, number: str) -> None:
        self._message = {"header": {"msg_id": number}, "metadata": {"cellId": cell}}

    def get_parent(self) -> dict[str, Any]:
        return self._message


@pytest.fixture
def kernel(monkeypatch: pytest.MonkeyPatch) -> Kernel:
    return Kernel(monkeypatch)


@pytest.mark.usefixtures("kernel")
def test_notebooks_of_a_folder_have_a_link_each(tmp_path: Path) -> None:
    first = found(tmp_path, JPY_SESSION_NAME="/notebooks/first.ipynb")
    first.keep("lease-1", "calm-otter")
    first.release()
    next_run()

    second = found(tmp_path, JPY_SESSION_NAME="/notebooks/second.ipynb")
    again = found(tmp_path, JPY_SESSION_NAME="/notebooks/first.ipynb")
    assert (second.lease, again.lease) == (None, "lease-1")


def test_a_cell_that_is_run_again_has_what_its_last_run_had_and_other_cells_have_their_own(
    tmp_path: Path, kernel: Kernel
) -> None:
    first = found(tmp_path)
    first.keep("lease-1", "calm-otter")
    assert found(tmp_path).lease is None, "another link of the same run"
    first.closed()
    first.release()
    kernel.run("cell-2", "run-2")
    assert found(tmp_path).name is None
    kernel.run("cell-1", "run-3")
    assert found(tmp_path).name == "calm-otter"


def test_vs_code_tells_its_notebook_in_another_way(
    tmp_path: Path, kernel: Kernel, monkeypatch: pytest.MonkeyPatch
) -> None:
    kernel.shell.user_ns["__vsc_ipynb_file__"] = "/notebooks/first.ipynb"
    kept(tmp_path)
    monkeypatch.setattr(sys, "argv", ["/site-packages/ipykernel_launcher.py", "-f", "kernel-2.json"])
    assert found(tmp_path).lease == "lease-1"


@pytest.mark.usefixtures("kernel")
def test_a_notebook_without_a_path_is_known_by_its_kernels_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept(tmp_path)
    again = found(tmp_path)
    monkeypatch.setattr(sys, "argv", ["/site-packages/ipykernel_launcher.py", "-f", "kernel-2.json"])
    assert (again.lease, found(tmp_path).lease) == ("lease-1", None)


def test_files_that_nobody_came_back_for_are_removed_and_those_in_use_stay(tmp_path: Path) -> None:
    kept(tmp_path)
    in_use = found(tmp_path, about="in use")
    in_use.keep("lease-2", "wild-fox")
    folder = tmp_path / "state" / "doorstep" / "leases"
    for file in folder.iterdir():
        os.utime(file, (0, 0))
    found(tmp_path, about="something new")

    names = {json.loads(file.read_text() or "{}").get("name") for file in folder.iterdir()}
    assert names == {"wild-fox", None}


def test_what_a_launcher_starts_has_a_link_each(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["/usr/bin/uvicorn", "one:app"])
    first = found(tmp_path)
    first.keep("lease-1", "calm-otter")
    first.release()
    next_run()

    monkeypatch.setattr(sys, "argv", ["/usr/bin/uvicorn", "other:app"])
    second = found(tmp_path)
    monkeypatch.setattr(sys, "argv", ["/usr/bin/uvicorn", "one:app"])
    assert (second.lease, found(tmp_path).lease) == (None, "lease-1")
