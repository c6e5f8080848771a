"""Flagging: samples in tables that people open with spreadsheets."""

from __future__ import annotations

import csv
import threading
from pathlib import Path
from typing import Any

import pytest

import doorstep as ds
from doorstep.errors import UsageError
from doorstep.flagging import CSVLogger, SimpleCSVLogger


def rows(path: Path) -> list[list[str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.reader(file))


def logger(folder: Path, *labels: str, **options: Any) -> CSVLogger:
    made = CSVLogger(verbose=False, **options)
    made.setup([ds.Textbox(label=label) for label in labels], folder)
    return made


def file_value(path: Path) -> dict[str, Any]:
    return {"path": str(path), "url": "…", "orig_name": path.name, "meta": {"_type": "gradio.FileData"}}


def test_a_sample_is_a_row_under_the_labels(tmp_path: Path) -> None:
    log = logger(tmp_path, "name", "greeting")
    assert log.flag(["Ada", "Hello Ada!"]) == 1
    assert log.flag(["Bob", None]) == 2
    header, first, second = rows(tmp_path / "dataset1.csv")
    assert header == ["name", "greeting", "timestamp"]
    assert first[:2] == ["Ada", "Hello Ada!"]
    assert second[:2] == ["Bob", ""]


def test_an_option_and_a_user_get_columns_of_their_own_in_a_new_table(tmp_path: Path) -> None:
    log = logger(tmp_path, "name")
    log.flag(["Ada"])
    log.flag(["Bob"], "wrong", "eve")
    assert rows(tmp_path / "dataset2.csv")[0] == ["name", "flag", "username", "timestamp"]
    assert rows(tmp_path / "dataset2.csv")[1][:3] == ["Bob", "wrong", "eve"]


def test_another_process_goes_on_with_the_table_of_the_same_columns(tmp_path: Path) -> None:
    logger(tmp_path, "name").flag(["Ada"])
    assert logger(tmp_path, "name").flag(["Bob"]) == 2
    assert logger(tmp_path, "title").flag(["Dr"]) == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["dataset1.csv", "dataset2.csv"]


@pytest.mark.parametrize("hostile", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1"])
def test_no_cell_is_a_formula(tmp_path: Path, hostile: str) -> None:
    logger(tmp_path, hostile).flag([hostile])
    header, row = rows(tmp_path / "dataset1.csv")
    assert header[0] == row[0] == f"'{hostile}"


def test_numbers_stay_numbers(tmp_path: Path) -> None:
    logger(tmp_path, "n").flag([-1.5])
    assert rows(tmp_path / "dataset1.csv")[1][0] == "-1.5"


def test_files_are_copied_beside_the_table_and_never_over_one_another(tmp_path: Path) -> None:
    picture = tmp_path / "cat.png"
    picture.write_bytes(b"a cat")
    log = logger(tmp_path / "flagged", "../photo")
    log.flag([file_value(picture)])
    log.flag([file_value(picture)])
    cells = [row[0] for row in rows(tmp_path / "flagged" / "dataset1.csv")[1:]]
    assert len(set(cells)) == 2
    for cell in cells:
        copy = (tmp_path / "flagged" / cell).resolve()
        assert copy.is_relative_to(tmp_path / "flagged")
        assert copy.read_bytes() == b"a cat"


def test_files_inside_of_lists_are_copied_too(tmp_path: Path) -> None:
    picture = tmp_path / "cat.png"
    picture.write_bytes(b"a cat")
    logger(tmp_path / "flagged", "gallery").flag([[{"image": file_value(picture), "caption": None}]])
    assert rows(tmp_path / "flagged" / "dataset1.csv")[1][0] == (
        '[{"image": "gallery/cat.png", "caption": null}]'
    )


def test_many_at_once_lose_nothing(tmp_path: Path) -> None:
    log = logger(tmp_path, "n")
    threads = [threading.Thread(target=lambda: [log.flag([n]) for n in range(20)]) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    table = rows(tmp_path / "dataset1.csv")
    assert len(table) == 161
    assert all(len(row) == 2 for row in table)


def test_a_wrong_number_of_values_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="set up for 2 components, got 1 values"):
        logger(tmp_path, "a", "b").flag(["only one"])


def test_a_named_table_with_other_columns_is_not_spoilt(tmp_path: Path) -> None:
    (tmp_path / "mine.csv").write_text("x,y\n1,2\n")
    with pytest.raises(UsageError, match="has other columns"):
        logger(tmp_path, "a", dataset_file_name="mine.csv").flag(["1"])


def test_the_simple_logger_writes_values_alone(tmp_path: Path) -> None:
    log = SimpleCSVLogger()
    log.setup([ds.Textbox(label="a"), ds.Number(label="b")], tmp_path)
    assert log.flag(["x", 3], "good") == 1
    assert rows(tmp_path / "log.csv") == [["x", "3"]]
