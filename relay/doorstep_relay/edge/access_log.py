"""The access log: a line of JSON a request, written by a thread of its own, so that a slow disk slows nobody.

At most `MOST` lines wait for that thread; what comes beyond is counted and told of in the log itself. Values
of query parameters are left out, since keys and tokens travel there; headers are not logged at all.
"""

from __future__ import annotations

import json
import logging
import queue
import sys
import threading
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, TextIO

from doorstep_relay.edge.record import Record

MOST: Final = 10_000
"""Lines that may wait."""
_LONGEST: Final = 2048

log = logging.getLogger("doorstep_relay.access")


class AccessLog:
    """Writes to a file, or to stdout for `-`."""

    def __init__(self, target: str) -> None:
        self._target = target
        self._queue: queue.SimpleQueue[dict[str, Any] | str] = queue.SimpleQueue()
        self.dropped = 0
        """Lines that found no place, since the start."""
        self._told = 0
        self._file = _opened(target)
        self._thread = threading.Thread(target=self._run, name="access-log", daemon=True)
        self._thread.start()

    def __call__(self, record: Record) -> None:
        """Note a request that is over. Never waits."""
        if self._queue.qsize() >= MOST:
            self.dropped += 1
        else:
            self._queue.put(_facts(record))

    def reopen(self) -> None:
        """Go on in the file that has the name now: the one before was moved away."""
        self._queue.put("reopen")

    def close(self) -> None:
        """Write what waits, then end."""
        self._queue.put("close")
        self._thread.join(5)

    def _run(self) -> None:
        while (found := self._queue.get()) != "close":
            try:
                self._take(found)
            except (OSError, ValueError) as error:  # a full disk: what could not be written is lost
                log.debug("the access log cannot be written: %s", error)
                self.dropped += 1
        with suppress(OSError, ValueError):
            self._file.flush()
            if self._file is not sys.stdout:
                self._file.close()

    def _take(self, found: dict[str, Any] | str) -> None:
        if isinstance(found, str):
            if self._file is not sys.stdout:
                file, self._file = self._file, _opened(self._target)
                file.close()
            return
        if self.dropped > self._told:
            count, self._told = self.dropped - self._told, self.dropped
            self._file.write(json.dumps({"dropped": count}) + "\n")
        self._file.write(json.dumps(_line(found), separators=(",", ":")) + "\n")
        if self._queue.empty():
            self._file.flush()


def _opened(target: str) -> TextIO:
    return sys.stdout if target == "-" else Path(target).open("a", encoding="utf-8")


def _facts(record: Record) -> dict[str, Any]:
    """What the line is made of: no more than has to be kept while it waits."""
    head = record.head
    return {
        "at": record.wall,
        "id": record.id,
        "share": record.name,
        "host": record.place,
        "account": record.account,
        "peer": record.peer,
        "method": head.method,
        "target": head.target[:_LONGEST],
        "upgrade": head.upgrade,
        "status": record.status,
        "code": record.code,
        "bytes_in": record.bytes_in,
        "bytes_out": record.bytes_out,
        "seconds": record.seconds,
    }


def _line(facts: dict[str, Any]) -> dict[str, Any]:
    """As it is written. What is empty is left out."""
    line = {
        "time": datetime.fromtimestamp(facts["at"], UTC).isoformat(timespec="milliseconds"),
        "id": facts["id"].decode("ascii"),
        "share": facts["share"],
        "host": facts["host"],
        "account": facts["account"],
        "peer": facts["peer"],
        "method": facts["method"].decode("ascii"),
        "path": redacted(facts["target"].decode("ascii", "replace")),
        "upgrade": facts["upgrade"].decode("ascii"),
        "status": facts["status"],
        "code": facts["code"],
        "bytes_in": facts["bytes_in"],
        "bytes_out": facts["bytes_out"],
        "ms": round(facts["seconds"] * 1000, 1),
    }
    return {name: value for name, value in line.items() if value != ""}


def redacted(target: str) -> str:
    """A request's target with the names of its parameters alone: `/a?key=*&page=*`."""
    path, mark, query = target.partition("?")
    if not mark:
        return path
    named = "&".join(part.partition("=")[0] + "=*" if "=" in part else "*" for part in query.split("&"))
    return f"{path}?{named}"
