"""What deep links stand for: the values of an app's components, kept on disk under an unguessable id."""

from __future__ import annotations

import json
import re
import secrets
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from doorstep.components.chat_messages import harmless
from doorstep.folder_budget import size_of
from doorstep.kept_files import KeptFiles, kept, shown

if TYPE_CHECKING:
    from doorstep.components.base import Files

FOLDER: Final = Path(".doorstep/deep_links")
MOST: Final = 1_000
"""Links that are kept; the oldest make room."""
MOST_BYTES: Final = 1 << 30
"""What all of them may hold, with their files."""
_ID: Final = re.compile(r"[\w-]{16}")


class DeepLinks:
    """The links in `folder`, at most `most` and `most_bytes`, of an app with components of these `types`."""

    def __init__(
        self,
        types: list[str],
        folder: Path | None = None,
        most: int = MOST,
        most_bytes: int = MOST_BYTES,
    ) -> None:
        self._types = types
        self._folder = folder or FOLDER
        self._most = most
        self._most_bytes = most_bytes

    def keep(self, wires: list[Any]) -> str:
        """Keep these values; the id of the link. The files among them are copied."""
        link = secrets.token_urlsafe(12)
        place = self._folder / link
        place.mkdir(parents=True)
        files = KeptFiles(place)
        values = [harmless(kept(wire, files)) for wire in wires]
        (place / "values.json").write_text(json.dumps({"types": self._types, "values": values}))
        self._make_room()
        return link

    def load(self, link: str, files: Files) -> list[Any] | None:
        """The values behind a link; None for one that is unknown, or of an app with other components."""
        if not _ID.fullmatch(link):
            return None
        place = self._folder / link
        try:
            found = json.loads((place / "values.json").read_text())
        except (OSError, ValueError):
            return None
        if found["types"] != self._types:
            return None
        return [shown(wire, place, files) for wire in found["values"]]

    def _make_room(self) -> None:
        """Delete the oldest links beyond what may be kept."""
        places = [path for path in self._folder.iterdir() if path.is_dir()]
        places.sort(key=lambda path: path.stat().st_mtime, reverse=True)
        left = self._most_bytes
        for number, path in enumerate(places):
            left -= size_of(path)
            if number >= self._most or left < 0:
                shutil.rmtree(path, ignore_errors=True)
