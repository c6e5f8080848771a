"""Uploads and downloads, by HTTP."""

from __future__ import annotations

import asyncio
import errno
import io
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import IO, Any

import httpx
import pytest
from PIL import Image as Pillow

import doorstep as ds
from doorstep.errors import RefusedError
from doorstep.files import FileStore
from doorstep.uploads import Upload, write_all
from tests.support import eventually
from tests.ui.support import Page, Served, served


def size_of(path: str) -> str:
    return f"{Path(path).name} {Path(path).stat().st_size}"


@pytest.fixture
def server() -> Iterator[Served]:
    app = ds.Interface(size_of, ds.Image(type="filepath"), "text")
    with served(app, max_file_size="1mb") as server:
        yield server


@pytest.fixture
async def client(server: Served) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=server.url, trust_env=False, timeout=30) as client:
        yield client


async def upload(client: httpx.AsyncClient, page: Page, *files: tuple[str, bytes]) -> httpx.Response:
    form = [("files", (name, data)) for name, data in files]
    return await client.post("/doorstep/upload", params={"session": page.session}, files=form)


def png(size: tuple[int, int] = (4, 3)) -> bytes:
    out = io.BytesIO()
    Pillow.new("RGB", size).save(out, "png")
    return out.getvalue()


def on_disk(server: Served) -> list[Path]:
    root = server.app.files._root
    return [] if root is None else list(root.iterdir())


async def test_uploaded_files_can_be_used_and_fetched(server: Served, client: httpx.AsyncClient) -> None:
    async with server.page() as page:
        answer = await upload(client, page, ("my cat.png", png()), ("b.png", png()))
        assert answer.status_code == 200
        first, second = answer.json()
        assert (first["orig_name"], second["orig_name"]) == ("my cat.png", "b.png")
        fetched = await client.get("/" + first["url"])
        assert fetched.content == png()
        assert fetched.headers["content-type"] == "image/png"
        done = await page.run(first)
    assert done["changes"][0][1]["value"] == f"my cat.png {len(png())}"


async def test_a_file_over_the_limit_is_refused_while_it_streams(
    server: Served, client: httpx.AsyncClient
) -> None:
    kept: list[list[Path]] = []

    async def endless() -> AsyncIterator[bytes]:
        yield b'--x\r\nContent-Disposition: form-data; name="files"; filename="big"\r\n\r\n'
        for _ in range(600):
            yield b"a" * (1 << 16)
        kept.append(on_disk(server))  # long before its end

    async with server.page() as page:
        headers = {"Content-Type": "multipart/form-data; boundary=x"}
        answer = await client.post(
            "/doorstep/upload", params={"session": page.session}, content=endless(), headers=headers
        )
        assert answer.status_code == 413
        assert "big is too big: at most 1,048,576 bytes" in answer.json()["message"]
        assert kept == [[]]


async def test_an_upload_that_stands_still_is_given_up(tmp_path: Path) -> None:
    async def stalling() -> AsyncIterator[bytes]:
        yield b'--x\r\nContent-Disposition: form-data; name="files"; filename="big"\r\n\r\nabc'
        await asyncio.Event().wait()

    store = FileStore()
    upload = Upload(store, "session", 1000, patience=0.05)
    async with asyncio.timeout(20):
        with pytest.raises(RefusedError, match=r"nothing came of the request for 0\.05 seconds"):
            await upload.receive("multipart/form-data; boundary=x", stalling())
    assert store._root is None or not list(store._root.iterdir())
    store.close()


@pytest.mark.parametrize(
    ("content_type", "body", "message"),
    [
        ("text/plain", b"hello", "an upload is multipart/form-data"),
        ("multipart/form-data", b"hello", "an upload is multipart/form-data"),
        ("multipart/form-data; boundary=x", b"nonsense", "not well formed"),
        (f"multipart/form-data; boundary={'x' * 257}", b"", "not well formed"),
        ("multipart/form-data; boundary=x", b"", "ended too early"),
        (
            "multipart/form-data; boundary=x",
            b'--x\r\nContent-Disposition: form-data; name="files"; filename="a"\r\n\r\nabc',
            "ended too early",
        ),
        (
            "multipart/form-data; boundary=x",
            b'--x\r\nContent-Disposition: form-data; name="other"\r\n\r\nabc\r\n--x--\r\n',
            "in fields named `files`",
        ),
        ("multipart/form-data; boundary=x", b"--x\r\nA: " + b"a" * 9000, "header"),
        ("multipart/form-data; boundary=x", b"--x\r\n" + b"A: aaaaaaaa\r\n" * 900, "header"),
    ],
)
async def test_a_bad_upload_is_refused_and_leaves_nothing(
    server: Served, client: httpx.AsyncClient, content_type: str, body: bytes, message: str
) -> None:
    async with server.page() as page:
        answer = await client.post(
            "/doorstep/upload",
            params={"session": page.session},
            content=body,
            headers={"Content-Type": content_type},
        )
        assert answer.status_code == 400
        assert message in answer.json()["message"]
        await eventually(lambda: not on_disk(server))


class FullDisk(FileStore):
    """Of every file the first byte finds no room, or (`at_open`) the file itself does."""

    def __init__(self, *, at_open: bool = False) -> None:
        super().__init__()
        self._at_open = at_open

    def create(self, owner: str | None, name: str) -> tuple[str, Path, IO[bytes]]:
        file_id, path, file = super().create(owner, name)
        file.close()
        if self._at_open:
            self.drop(owner, path)
            raise OSError(errno.ENOSPC, "No space left on device")
        return file_id, path, Path("/dev/full").open("wb", buffering=0)


@pytest.mark.parametrize("at_open", [False, True])
async def test_a_full_disk_is_said_in_one_line_and_nothing_stays(
    server: Served, client: httpx.AsyncClient, at_open: bool, capfd: pytest.CaptureFixture[str]
) -> None:
    server.app.file_routes._store = FullDisk(at_open=at_open)
    async with server.page() as page:
        answer = await upload(client, page, ("a.png", png()))
        assert (answer.status_code, answer.json()["error"]) == (507, "no-room")
        assert "no room" in answer.json()["message"]
        await eventually(lambda: not on_disk(server))
    said = capfd.readouterr().err
    assert "An upload was refused: there is no room in" in said
    assert "Traceback" not in said


def test_a_disk_that_takes_only_a_part_at_a_time_gets_it_all() -> None:
    class Slow(io.BytesIO):
        def write(self, data: Any) -> int:
            return super().write(data[:3])

    file = Slow()
    write_all(file, b"0123456789")
    assert file.getvalue() == b"0123456789"


def test_a_file_that_cannot_be_made_counts_for_nothing() -> None:
    store = FileStore()
    _, path = store.reserve("me", "a.txt")
    store.drop("me", path)
    path.parent.parent.rmdir()
    with pytest.raises(FileNotFoundError):
        store.create("me", "b.txt")
    assert store._counts == {"me": 0}


async def test_too_many_files_at_once_are_refused_and_leave_nothing(
    server: Served, client: httpx.AsyncClient
) -> None:
    async with server.page() as page:
        answer = await upload(client, page, *[(f"{number}.txt", b"x") for number in range(101)])
        assert answer.status_code == 400
        assert "at most 100 files" in answer.json()["message"]
        assert on_disk(server) == []


async def test_an_upload_needs_a_session(server: Served, client: httpx.AsyncClient) -> None:
    answer = await client.post("/doorstep/upload", params={"session": "none"}, files={"files": b"x"})
    assert (answer.status_code, answer.json()["error"]) == (404, "no-such-session")


@pytest.mark.parametrize(
    ("asked", "status", "body"),
    [
        ("bytes=0-3", 206, b"0123"),
        ("bytes=-2", 206, b"89"),
        ("bytes=99-", 416, None),
        ("bytes=8-99", 206, b"89"),
    ],
)
async def test_downloads_answer_ranges(
    server: Served, client: httpx.AsyncClient, asked: str, status: int, body: bytes | None
) -> None:
    async with server.page() as page:
        (file,) = (await upload(client, page, ("a.txt", b"0123456789"))).json()
        answer = await client.get("/" + file["url"], headers={"Range": asked})
    assert answer.status_code == status
    assert body is None or answer.content == body


def test_a_picture_of_the_app_is_everybodys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "cat.png").write_bytes(png())
    with ds.Blocks() as app:
        ds.Image("cat.png")
    with served(app) as server, httpx.Client(base_url=server.url, trust_env=False) as client:
        config: dict[str, Any] = client.get("/config").json()
        assert client.get("/" + config["components"][0]["props"]["value"]["url"]).content == png()
