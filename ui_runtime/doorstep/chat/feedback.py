"""What visitors say of answers, written down."""

from __future__ import annotations

import csv
import datetime
import json
import threading
from pathlib import Path
from typing import Any, Final

from doorstep.events.data import LikeData
from doorstep.flagging import MAX_SIZE, safe_cell
from doorstep.folder_budget import FolderBudget
from doorstep.request import Request

HEADER: Final = ("conversation", "index", "value", "flag", "username", "timestamp")


class ChatLog:
    """One row a flag, in `log.csv` of `folder`: the whole chat as JSON, and which message was meant.

    Safe to call from several threads. When the folder holds `max_size` bytes, nothing more is written.
    """

    def __init__(self, folder: str | Path, max_size: int = MAX_SIZE) -> None:
        self.folder = Path(folder)
        self._budget = FolderBudget(self.folder, max_size)
        self._lock = threading.Lock()

    def flag(self, messages: Any, data: LikeData, request: Request) -> None:
        """What a `like` event runs; `messages` are the chat's as they are on the wire."""
        flag = data.liked if isinstance(data.liked, str) else ("Like" if data.liked else "Dislike")
        value = data.value if isinstance(data.value, str) else json.dumps(data.value)
        now = datetime.datetime.now().astimezone().isoformat()
        self._append([json.dumps(messages), json.dumps(data.index), value, flag, request.username, now])

    def _append(self, row: list[Any]) -> None:
        with self._lock:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._budget.take(sum(len(str(cell)) for cell in row))
            with (self.folder / "log.csv").open("a", newline="", encoding="utf-8") as file:
                writer = csv.writer(file)
                if file.tell() == 0:
                    writer.writerow(HEADER)
                writer.writerow([safe_cell(cell) for cell in row])
