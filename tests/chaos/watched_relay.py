"""The real relay, with one thing more: whoever connects to a Unix socket is told what the process holds.

python -m tests.chaos.watched_relay SOCKET serve …
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from doorstep_relay import cli, server

COUNTED = (
    "VisitorConnection",
    "TunnelConnection",
    "UnprovenTunnel",
    "CarriedTunnel",
    "Exchange",
    "LiveShare",
    "Session",
    "ApexConnection",
)

serve = server._serve


def census() -> dict[str, int]:
    """Living objects by type, tasks, descriptors and resident bytes."""
    gc.collect()
    kinds = Counter(type(thing).__name__ for thing in gc.get_objects())
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    own = 1  # the task that answers
    return {kind: kinds[kind] for kind in COUNTED} | {
        "tasks": len(asyncio.all_tasks()) - own,
        "files": len(list(Path("/proc/self/fd").iterdir())),
        "rss": pages * os.sysconf("SC_PAGE_SIZE"),
    }


async def answer(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(json.dumps(census()).encode())
    await writer.drain()
    writer.close()


async def watched(*arguments: Any, **options: Any) -> None:
    async with await asyncio.start_unix_server(answer, SOCKET):
        await serve(*arguments, **options)


if __name__ == "__main__":
    SOCKET = sys.argv.pop(1)
    Path(SOCKET).unlink(missing_ok=True)  # of a relay that was killed
    server._serve = watched  # type: ignore[assignment]  # whatever it is given, it passes on
    cli.main()
