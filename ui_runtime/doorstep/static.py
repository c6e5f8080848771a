"""The page's built assets: Vite's manifest, and the files that it names."""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec
from starlette.responses import Response

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from starlette.requests import Request

FOLDER: Final = Path(__file__).parent / "static"
ENTRY: Final = "src/main.ts"
_FOLDERS: Final = ("components", "layout")
_ENCODINGS: Final = (("br", ".br"), ("gzip", ".gz"))
_TYPES: Final = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".woff2": "font/woff2",
}


class Assets:
    """What was built. The files are found once: a request can only name what is known, never a path."""

    def __init__(self, folder: Path = FOLDER) -> None:
        self._manifest = _manifest(folder)
        self._paths = {path.relative_to(folder).as_posix(): path for path in _files(folder)}
        self._bytes: dict[str, bytes] = {}

    @property
    def are_built(self) -> bool:
        return ENTRY in self._manifest

    # -- links for the page --------------------------------------------------------------------

    @property
    def entry(self) -> str:
        """The page's script."""
        return str(self._manifest[ENTRY]["file"])

    def preloads(self, types: Iterable[str]) -> tuple[list[str], list[str]]:
        """The modules and the styles that a page with these component types needs at once."""
        names = [module_name(each) for each in types]
        wanted = [ENTRY, *(f"src/{folder}/{name}.svelte" for name in names for folder in _FOLDERS)]
        chunks = list(self._with_imports(key for key in wanted if key in self._manifest))
        modules = [str(chunk["file"]) for chunk in chunks]
        styles = [str(css) for chunk in chunks for css in chunk.get("css", ())]
        return [each for each in dict.fromkeys(modules) if each != self.entry], list(dict.fromkeys(styles))

    def _with_imports(self, keys: Iterable[str]) -> Iterator[dict[str, Any]]:
        waiting, seen = list(keys), set[str]()
        while waiting:
            key = waiting.pop(0)
            if key not in seen and key in self._manifest:
                seen.add(key)
                yield self._manifest[key]
                waiting += self._manifest[key].get("imports", ())

    # -- answers -------------------------------------------------------------------------------

    def respond(self, name: str, request: Request) -> Response:
        """The asset, in the best encoding that the browser takes."""
        if not self._has(name) or name.startswith(".") or name.endswith((".br", ".gz")):
            return Response("no such asset\n", status_code=404, media_type="text/plain")
        headers = {
            "Cache-Control": "public, max-age=31536000, immutable" if "/" in name else "no-cache",
            "X-Content-Type-Options": "nosniff",
            "Vary": "Accept-Encoding",
        }
        stored, encoding = self._best(name, request.headers.get("accept-encoding", ""))
        if encoding:
            headers["Content-Encoding"] = encoding
        try:
            content = self._read(stored)
        except FileNotFoundError:  # another version was installed while this one runs
            return Response("no such asset\n", status_code=404, media_type="text/plain")
        headers["ETag"] = etag = _etag(content)
        if request.headers.get("if-none-match") == etag:
            return Response(status_code=304, headers=headers)
        return Response(content, headers=headers, media_type=_media_type(name))

    def _has(self, name: str) -> bool:
        return name in self._paths or f"{name}.gz" in self._paths

    def _best(self, name: str, accepted: str) -> tuple[str, str | None]:
        tokens = {token.partition(";")[0].strip() for token in accepted.lower().split(",")}
        for encoding, suffix in _ENCODINGS:
            if encoding in tokens and name + suffix in self._paths:
                return name + suffix, encoding
        return name, None

    def _read(self, stored: str) -> bytes:
        if stored not in self._bytes:
            path = self._paths.get(stored)  # big ones are kept compressed only
            packed = path is None
            content = (path or self._paths[f"{stored}.gz"]).read_bytes()
            self._bytes[stored] = gzip.decompress(content) if packed else content
        return self._bytes[stored]


def module_name(component_type: str) -> str:
    """`checkbox_group` -> `CheckboxGroup`: the page's module for a component type."""
    return "".join(word.capitalize() for word in component_type.split("_"))


def _manifest(folder: Path) -> dict[str, dict[str, Any]]:
    path = folder / ".vite" / "manifest.json"
    return msgspec.json.decode(path.read_bytes(), type=dict[str, dict[str, Any]]) if path.is_file() else {}


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_file() and ".vite" not in path.parts)


def _media_type(name: str) -> str:
    return _TYPES.get(Path(name).suffix) or mimetypes.guess_type(name)[0] or "application/octet-stream"


def _etag(content: bytes) -> str:
    return f'"{hashlib.blake2b(content, digest_size=12).hexdigest()}"'
