"""Tells systemd how the process stands (sd_notify(3)), where it listens for that."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Mapping
from contextlib import suppress


def notify(*lines: str, environ: Mapping[str, str] = os.environ) -> bool:
    """Send lines like `READY=1`. False when nobody listens, or the message could not be sent."""
    path = environ.get("NOTIFY_SOCKET", "")
    if not path.startswith(("/", "@")):
        return False
    address = "\0" + path[1:] if path.startswith("@") else path
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sock:
        sock.setblocking(False)
        sock.sendto("\n".join(lines).encode(), address)
        return True
    return False


def reloading() -> None:
    """The settings are read again; `ready` tells that it is done."""
    notify("RELOADING=1", f"MONOTONIC_USEC={time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000}")


def ready(status: str) -> None:
    """Visitors and clients are served. `status` is for people."""
    notify("READY=1", f"STATUS={status}")


def stopping() -> None:
    """Requests under way end, and then the process."""
    notify("STOPPING=1", "STATUS=requests under way end")
