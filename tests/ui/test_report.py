"""What the terminal says when a function goes wrong."""

from __future__ import annotations

import functools

import pytest

import doorstep
from doorstep.errors import MissingExtraError, OutputError
from doorstep.report import code_of, format_error, print_error


def fail() -> None:
    raise ValueError("two\nlines")


def caught(fn: object = fail) -> BaseException:
    try:
        fn()  # type: ignore[operator]
    except BaseException as error:  # noqa: BLE001  # whatever it is
        return error
    raise AssertionError("it did not raise")


def test_the_users_own_line_comes_first_then_the_whole_story() -> None:
    lines = format_error("fail", caught()).splitlines()
    assert lines[:2] == ["fail() raised ValueError: two", "lines"]
    assert lines[2].endswith("in fail")
    assert "test_report.py" in lines[2]
    assert lines[3] == '    raise ValueError("two\\nlines")'
    assert lines[5] == "Traceback (most recent call last):"


def test_of_errors_inside_errors_our_frames_are_left_out_too() -> None:
    def wrap() -> None:
        try:
            doorstep.Textbox(no_such="parameter")  # type: ignore[call-arg]
        except TypeError as error:
            raise RuntimeError("wrapped") from error

    text = format_error("wrap", caught(wrap))
    assert "no_such" in text
    assert "The above exception was the direct cause" in text
    assert doorstep.__file__.removesuffix("__init__.py") not in text


def test_where_no_line_is_to_blame_the_function_is_shown() -> None:
    text = format_error("fail", OutputError("it returned nonsense"), functools.partial(fail))
    assert text.splitlines()[1] == f'  File "{__file__}", line {code_of(fail).co_firstlineno}, in fail'  # type: ignore[union-attr]


def test_a_group_is_told_with_all_that_it_holds() -> None:
    text = format_error("work", ExceptionGroup("several", [ValueError("one"), KeyError("two")]))
    assert "ValueError: one" in text
    assert "KeyError: 'two'" in text


def test_a_missing_package_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    print_error("fail", MissingExtraError("pillow", "image", "Image"))
    assert capsys.readouterr().err == '\nImage needs pillow: pip install "doorstep[image]"\n'


def test_what_would_steer_the_terminal_is_written_out(capsys: pytest.CaptureFixture[str]) -> None:
    print_error("fail", ValueError("a visitor's \x1b[31mwords\r\x9b2J"))
    printed = capsys.readouterr().err
    assert r"a visitor's \x1b[31mwords\x0d\x9b2J" in printed
    assert not {"\x1b", "\r", "\x9b"} & set(printed)
