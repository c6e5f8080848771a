"""Short messages that a function shows at the edge of the page: `Info`, `Warning`, `Success`.

Call them anywhere in a function of the app. Elsewhere they are printed.
"""

from __future__ import annotations

from doorstep.messages import Toast
from doorstep.queue.jobs import current
from doorstep.report import print_line


def Info(  # noqa: N802  # the public name that users know
    message: str = "Info issued.", duration: float | None = 10, visible: bool = True, title: str = "Info"
) -> None:
    """Tell the visitor something. `duration` is in seconds (None or 0: until it is dismissed)."""
    _show("info", message, duration, visible, title)


def Warning(  # noqa: N802, A001  # the public name that users know
    message: str = "Warning issued.",
    duration: float | None = 10,
    visible: bool = True,
    title: str = "Warning",
) -> None:
    """Warn the visitor. `duration` is in seconds (None or 0: until it is dismissed)."""
    _show("warning", message, duration, visible, title)


def Success(  # noqa: N802  # the public name that users know
    message: str = "Success.", duration: float | None = 10, visible: bool = True, title: str = "Success"
) -> None:
    """Tell the visitor that something went well. `duration` is in seconds (None or 0: until dismissed)."""
    _show("success", message, duration, visible, title)


def _show(level: str, message: str, duration: float | None, visible: bool, title: str) -> None:
    job = current.get()
    if job is None:
        print_line(f"{title}: {message}")
        return
    if visible:
        for each in job.batch or [job]:
            toast = Toast(level=level, title=str(title), message=str(message), seconds=duration or 0)
            job.soon(each.listener.toast, each, toast)
