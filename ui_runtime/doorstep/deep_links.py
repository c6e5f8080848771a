"""What deep links stand for: the values of an app's components, kept on disk under an unguessable id."""

from __future__ import annotations

import json
import re
import secrets
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from doorstep.kept_files import KeptFiles, kept, shown

if TYPE_CHECKING:
    from doorstep.components.base import Files

FOLDER: Final = Path(".doorstep/deep_links")
MOST: Final = 1_000
"""Links that are kept; the oldest make room."""
_ID: Final = re.compile(r"[\w-]{16}")


class DeepLinks:
    """The links in `folder`, at most `most`, of an app whose components are of these `types`."""

    def __init__(self, types: list[str], folder: Path | None = None, most: int = MOST) -> None:
        self._types = types
        self._folder = folder or FOLDER
        self._most = most

    def keep(self, wires: list[Any]) -> str:
        """Keep these values; the id of the link. The files among them are copied."""
        link = secrets.token_urlsafe(12)
        place = self._folder / link
        place.mkdir(parents=True)
        files = KeptFiles(place)
        values = [kept(wire, files) for wire in wires]
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
        places = [path for path in self._folder.iterdir() if path.is_dir()]
        if len(places) > self._most:
            places.sort(key=lambda path: path.stat().st_mtime)
            for path in places[: len(places) - self._most]:
                shutil.rmtree(path, ignore_errors=True)
