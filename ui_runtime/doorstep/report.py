"""Tracebacks as their reader needs them: the user's own line first, our frames left out."""

from __future__ import annotations

import sys
import traceback
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from doorstep.errors import MissingExtraError

if TYPE_CHECKING:
    from types import CodeType

_CONTROLS: Final = {
    code: f"\\x{code:02x}" for code in (*range(0x20), *range(0x7F, 0xA0)) if chr(code) not in "\n\t"
}
_OURS: Final = str(Path(__file__).parent)


def format_error(function: str, error: BaseException, fn: Any = None) -> str:
    """What went wrong and where in the user's code, then the whole traceback without our frames.

    `fn` is the function itself: where it begins is shown when none of its lines is to blame (it returned
    what its outputs cannot show, say).
    """
    shown = traceback.TracebackException.from_exception(error)
    _fold(shown)
    lines = [f"{function}() raised {type(error).__name__}: {error}"]
    own = next((each for each in reversed(shown.stack) if _is_users(each.filename)), None)
    code = code_of(fn)
    if own is not None:
        lines += [f'  File "{own.filename}", line {own.lineno}, in {own.name}', f"    {own.line}"]
    elif code is not None:
        lines += [f'  File "{code.co_filename}", line {code.co_firstlineno}, in {code.co_name}']
    return "\n".join(lines) + "\n\n" + "".join(shown.format())


def print_error(function: str, error: BaseException, fn: Any = None) -> None:
    """To the terminal. A missing package is no fault of the function: one line says what to install."""
    if isinstance(error, MissingExtraError):
        print_line(str(error))
    else:
        print_line(format_error(function, error, fn))


def code_of(fn: Any) -> CodeType | None:
    """Where a function is written, looking through partials and methods; None when it is not Python."""
    while hasattr(fn, "func"):
        fn = fn.func
    code: CodeType | None = getattr(getattr(fn, "__func__", fn), "__code__", None)
    return code


def warn_at(function: Any, message: str) -> None:
    """Warn of what a function did, at the line where the developer wrote it."""
    code = code_of(function)
    if code is None:
        warnings.warn(message, stacklevel=2)
    else:
        warnings.warn_explicit(message, UserWarning, code.co_filename, code.co_firstlineno)


def print_line(text: str) -> None:
    """To the terminal, set off from what the function printed.

    An error may quote a visitor: what would steer the terminal is written out instead.
    """
    print(f"\n{text.translate(_CONTROLS)}", file=sys.stderr, flush=True)  # noqa: T201  # for the terminal


def _fold(shown: traceback.TracebackException) -> None:
    """Leave our frames out, of what it was raised from too."""
    frames = [each for each in shown.stack if not _is_ours(each.filename)]
    shown.stack = traceback.StackSummary.from_list(frames)
    inner = [shown.__cause__, shown.__context__, *(getattr(shown, "exceptions", None) or ())]
    for each in inner:
        if each is not None:
            _fold(each)


def _is_ours(filename: str) -> bool:
    return filename.startswith(_OURS)


def _is_users(filename: str) -> bool:
    installed = "site-packages" in filename or "dist-packages" in filename
    return not (installed or filename.startswith((sys.base_prefix + "/lib/", "<frozen")))
