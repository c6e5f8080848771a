"""Files in the web: what the app was made with is fetched when a function needs it; nothing else is."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest
from PIL import Image as Pillow

import doorstep as ds
from doorstep import remote_files
from doorstep.errors import FileRefusedError
from doorstep.files import FileStore
from doorstep.remote_files import name_of
from tests.ui.support import served


class Web:
    """A server elsewhere that has one picture, and remembers who asked."""

    def __init__(self) -> None:
        asked = self.asked = list[str]()
        out = io.BytesIO()
        Pillow.new("RGB", (4, 3)).save(out, "PNG")

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:  # noqa: N802  # the name that http.server calls
                asked.append(self.path)
                self.send_response(200 if self.path.startswith("/cat") else 404)
                self.end_headers()
                self.wfile.write(out.getvalue())

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"


@pytest.fixture
def web() -> Iterator[Web]:
    there = Web()
    thread = threading.Thread(target=there.server.serve_forever, args=(0.01,))
    thread.start()
    yield there
    there.server.shutdown()
    thread.join(20)
    there.server.server_close()


@pytest.fixture
def store() -> Iterator[FileStore]:
    files = FileStore()
    yield files
    files.close()


def test_a_picture_that_the_app_was_made_with_is_fetched_once_when_it_is_needed(
    web: Web, store: FileStore
) -> None:
    image = ds.Image(label="cat")
    wire = image.postprocess(f"{web.url}/cat.png", store.of_session(None))
    assert wire is not None
    assert (wire["url"], wire["orig_name"]) == (f"{web.url}/cat.png", "cat.png")
    assert web.asked == []
    assert image.preprocess(wire, store.of_session("visitor")).shape == (3, 4, 3)
    assert image.preprocess(wire, store.of_session("another")).shape == (3, 4, 3)
    assert web.asked == ["/cat.png"]


def test_an_address_that_a_function_returns_is_never_asked(web: Web, store: FileStore) -> None:
    files = store.of_session("visitor")
    image = ds.Image(label="cat")
    wire = image.postprocess(f"{web.url}/cat.png", files)
    with pytest.raises(FileRefusedError, match="Image “cat”: the file was neither uploaded nor shown"):
        image.preprocess(wire, files)
    assert web.asked == []


def test_a_picture_that_is_not_there_is_said_to_be_so(web: Web, store: FileStore) -> None:
    wire = store.of_session(None).add_address(f"{web.url}/dog.png", "dog.png")
    with pytest.raises(FileRefusedError, match="could not get .*/dog.png: .*404"):
        store.of_session("visitor").path_of(wire)


def test_a_file_that_is_too_big_is_not_kept(
    web: Web, store: FileStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remote_files, "MAX_BYTES", 10)
    wire = store.of_session(None).add_address(f"{web.url}/cat.png", "cat.png")
    with pytest.raises(FileRefusedError, match="bigger than"):
        store.of_session("visitor").path_of(wire)


@pytest.mark.parametrize(
    ("address", "name"),
    [("https://a.example/b/cat%20one.png?x=1", "cat one.png"), ("https://a.example/", "file")],
)
def test_a_file_is_called_by_the_end_of_its_address(address: str, name: str) -> None:
    assert name_of(address) == name


async def test_a_page_hands_it_to_the_function_and_a_program_is_sent_to_where_it_is(web: Web) -> None:
    image = ds.Image(f"{web.url}/cat", type="filepath")
    with served(ds.Interface(lambda path: Path(path).suffix, image, "text", api_name="kind")) as there:
        wire = image.postprocess(image.value, there.app.files.of_session(None))
        async with there.page() as page:
            done = await page.run(wire)
        assert done["changes"][0][1]["value"] == ".png"
        async with httpx.AsyncClient() as client:
            answer = await client.get(f"{there.url}/gradio_api/file={wire['path']}/{wire['orig_name']}")
        assert (answer.status_code, answer.headers["location"]) == (307, f"{web.url}/cat")
