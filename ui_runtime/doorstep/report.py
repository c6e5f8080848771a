"""Tracebacks as their reader needs them: the user's own line first, our frames left out."""

from __future__ import annotations

import sys
import traceback
import warnings
from pathlib import Path
from typing import Any, Final

from doorstep.errors import MissingExtraError

_OURS: Final = str(Path(__file__).parent)


def format_error(function: str, error: BaseException) -> str:
    """What went wrong and where in the user's code, then the whole traceback without our frames."""
    frames = [each for each in traceback.extract_tb(error.__traceback__) if not _is_ours(each.filename)]
    lines = [f"{function}() raised {type(error).__name__}: {error}"]
    own = next((each for each in reversed(frames) if _is_users(each.filename)), None)
    if own is not None:
        lines += [f'  File "{own.filename}", line {own.lineno}, in {own.name}', f"    {own.line}"]
    shown = traceback.TracebackException.from_exception(error)
    shown.stack = traceback.StackSummary.from_list(frames)
    return "\n".join(lines) + "\n\n" + "".join(shown.format())


def print_error(function: str, error: BaseException) -> None:
    """To the terminal. A missing package is no fault of the function: one line says what to install."""
    if isinstance(error, MissingExtraError):
        print_line(str(error))
    else:
        print_line(format_error(function, error))


def warn_at(function: Any, message: str) -> None:
    """Warn of what a function did, at the line where the developer wrote it."""
    while hasattr(function, "func"):
        function = function.func
    code = getattr(getattr(function, "__func__", function), "__code__", None)
    if code is None:
        warnings.warn(message, stacklevel=2)
    else:
        warnings.warn_explicit(message, UserWarning, code.co_filename, code.co_firstlineno)


def print_line(text: str) -> None:
    """To the terminal, set off from what the function printed."""
    print(f"\n{text}", file=sys.stderr, flush=True)  # noqa: T201  # for the terminal


def _is_ours(filename: str) -> bool:
    return filename.startswith(_OURS)


def _is_users(filename: str) -> bool:
    installed = "site-packages" in filename or "dist-packages" in filename
    return not (installed or filename.startswith((sys.base_prefix + "/lib/", "<frozen")))
