"""What visitors together may take of the app's computer: disk, time and places, each by its row."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from PIL import Image as Pillow

import doorstep as ds
from doorstep import flagging
from doorstep.auth import gate
from doorstep.auth.attempts import SlowDown
from doorstep.bodies import moving
from doorstep.chat.feedback import ChatLog
from doorstep.components import ffmpeg, images
from doorstep.deep_links import DeepLinks
from doorstep.errors import NoRoomError, OutputError, RefusedError
from doorstep.files import FileStore, safe_name
from doorstep.weights import is_big
from tests.support import eventually
from tests.ui.support import FakeFiles, Served, served

MB = 1 << 20
META = {"_type": "gradio.FileData"}


async def sent(client: httpx.AsyncClient, session: str, *sizes: int) -> httpx.Response:
    """The answer to an upload of files of these sizes."""
    files = [("files", ("a.bin", bytes(size))) for size in sizes]
    return await client.post("/doorstep/upload", params={"session": session}, files=files)


@contextlib.asynccontextmanager
async def browser(server: Served) -> Any:
    """A client with the cookie of a browser that has opened the page, and headers for its WebSocket."""
    async with httpx.AsyncClient(base_url=server.url, trust_env=False, timeout=20) as client:
        await client.get("/")
        cookies = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
        yield client, {"Cookie": cookies}


class TestRow39Quota:
    async def test_the_files_of_a_session_have_a_limit_together(self) -> None:
        app = ds.Interface(lambda each: each, "file", "text")
        with served(app, max_session_size="2mb", max_file_size="1mb") as server:
            async with browser(server) as (client, headers), server.page(additional_headers=headers) as page:
                assert (await sent(client, page.session, MB)).status_code == 200
                refused = await sent(client, page.session, MB // 2, MB // 2 + 1)
                assert refused.status_code == 507
                assert "the files of one session may have 2 MB together" in refused.json()["message"]
                # What was refused is not counted: the rest of the room is still there.
                assert (await sent(client, page.session, MB // 2, MB // 2)).status_code == 200
                async with server.page(additional_headers=headers) as other:
                    assert (await sent(client, other.session, MB)).status_code == 200

    async def test_uploads_at_the_same_time_count_together(self) -> None:
        app = ds.Interface(lambda each: each, "file", "text")
        with served(app, max_session_size="2mb", max_file_size="2mb") as server:
            async with browser(server) as (client, headers), server.page(additional_headers=headers) as page:
                answers = await asyncio.gather(
                    *(sent(client, page.session, MB) for _ in range(6)), return_exceptions=True
                )
        # Who was still sending when the refusal came may see the connection end, and not the answer.
        told = [each.status_code for each in answers if isinstance(each, httpx.Response)]
        assert told.count(200) <= 2
        assert set(told) <= {200, 507}
        assert all(isinstance(each, httpx.Response | httpx.NetworkError) for each in answers)

    def test_what_is_deleted_is_not_counted_any_more(self) -> None:
        store = FileStore(max_session_size=100)
        mine = store.of_session("me")
        value = mine.add_bytes(bytes(90), "a.bin")
        with pytest.raises(NoRoomError):
            store.hold("me", 20)
        stored = store.get(value["path"])
        assert stored is not None
        store.remove(stored)
        store.hold("me", 100)
        store.forget("me")
        store.hold("me", 100)
        store.close()

    def test_what_is_shown_makes_room_for_itself_but_not_among_uploads(self, tmp_path: Path) -> None:
        store = FileStore(max_session_size=100)
        mine = store.of_session("me")
        first = mine.add_bytes(bytes(60), "first.bin")
        second = mine.add_bytes(bytes(range(60)), "second.bin")
        assert store.get(first["path"]) is None
        assert store.get(second["path"]) is not None
        file_id, path, file = store.create("me", "uploaded.bin")
        store.hold("me", 40)
        with file:
            file.write(bytes(40))
        store.keep(file_id, "me", path)
        (tmp_path / "big.bin").write_bytes(bytes(61))
        with pytest.raises(OutputError, match="may have 100 bytes together"):
            mine.add(tmp_path / "big.bin")
        assert store.get(file_id) is not None
        assert mine.add_bytes(bytes(range(1, 61)), "third.bin")["size"] == 60
        store.close()

    def test_the_app_itself_has_no_quota(self) -> None:
        store = FileStore(max_session_size=10)
        assert store.of_session(None).add_bytes(bytes(20), "a.bin")["size"] == 20
        store.close()

    async def test_an_upload_that_ends_after_its_session_leaves_nothing(self) -> None:
        with served(ds.Interface(lambda each: each, "file", "text"), session_grace=0.05) as server:
            async with browser(server) as (client, headers):
                async with server.page(additional_headers=headers) as page:
                    session = page.session
                begun = asyncio.Event()

                async def body() -> Any:
                    yield b'--x\r\nContent-Disposition: form-data; name="files"; filename="a"\r\n\r\nabc'
                    begun.set()
                    await eventually(lambda: server.app.sessions().get(session) is None)
                    yield b"\r\n--x--\r\n"

                kind = {"Content-Type": "multipart/form-data; boundary=x"}
                answer = await client.post(
                    "/doorstep/upload", params={"session": session}, content=body(), headers=kind
                )
                assert begun.is_set()
                assert answer.status_code == 404
                root = server.app.files._root
                assert root is None or list(root.iterdir()) == []

    @pytest.mark.parametrize("name", ["𠀀" * 300, "漢" * 80 + ".漢字漢字漢字", "é" * 300 + ".txt", "a" * 999])
    async def test_no_name_is_too_long_for_the_disk(self, name: str) -> None:
        assert len(safe_name(name).encode()) <= 200
        with served(ds.Interface(lambda each: each, "file", "text")) as server:
            async with browser(server) as (client, _):
                answer = await client.post("/gradio_api/upload", files={"files": (name, b"1")})
                assert answer.status_code == 200, answer.text


class TestRow48Folders:
    def logger(self, tmp_path: Path, **options: Any) -> flagging.CSVLogger:
        logger = flagging.CSVLogger(verbose=False, **options)
        logger.setup([ds.File(render=False, label="it")], tmp_path / "flagged")
        return logger

    def test_flagged_samples_have_a_limit_with_their_files(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        (tmp_path / "a.bin").write_bytes(bytes(4000))
        file = {"path": str(tmp_path / "a.bin"), "orig_name": "a.bin"}
        logger = self.logger(tmp_path, max_size="10kb")
        assert [logger.flag([file]), logger.flag([file])] == [1, 2]
        with pytest.raises(ds.Error, match="no room for more"):
            logger.flag([file])
        assert "Move its files away, or allow more with max_size" in capsys.readouterr().err
        assert sum(1 for _ in (tmp_path / "flagged").rglob("*.bin")) == 2
        again = self.logger(tmp_path, max_size="10kb")
        with pytest.raises(ds.Error, match="no room for more"):
            again.flag([file])

    def test_so_do_flagged_chats(self, tmp_path: Path) -> None:
        log = ChatLog(tmp_path / "chats", max_size=1000)
        log._append(["x" * 900])
        with pytest.raises(ds.Error, match="no room for more"):
            log._append(["x" * 200])

    def test_so_do_deep_links_of_which_the_oldest_go(self, tmp_path: Path) -> None:
        links = DeepLinks(["textbox"], tmp_path, most_bytes=5000)
        kept = [links.keep(["x" * 2000]) for _ in range(3)]
        files = FakeFiles(tmp_path)
        assert links.load(kept[-1], files) is not None
        assert sum(links.load(each, files) is not None for each in kept) == 2


class TestRow48Floods:
    def test_a_gallery_of_paths_has_a_limit_of_pixels_too(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(images, "MAX_ON_DISK", 1000)
        Pillow.new("RGB", (10, 10)).save(tmp_path / "a.png")
        item = {"image": {"path": "a.png", "meta": META}}
        assert len(ds.Gallery().preprocess([item] * 10, FakeFiles(tmp_path)) or ()) == 10
        with pytest.raises(RefusedError, match="Gallery: the pictures have more than 1,000 pixels together"):
            ds.Gallery().preprocess([item] * 11, FakeFiles(tmp_path))

    def test_one_small_file_named_ten_thousand_times_is_looked_at_once(self, tmp_path: Path) -> None:
        Pillow.new("RGB", (7000, 7000)).save(tmp_path / "a.png")
        item = {"image": {"path": "a.png", "meta": META}}
        begun = time.process_time()
        with pytest.raises(RefusedError, match="pixels together"):
            ds.Gallery().preprocess([item] * 10_000, FakeFiles(tmp_path))
        assert time.process_time() - begun < 2

    async def test_a_body_that_stands_still_is_given_up(self) -> None:
        async def body() -> Any:
            yield b"["
            await asyncio.sleep(60)

        begun = time.monotonic()
        with pytest.raises(RefusedError, match=r"nothing came of the request for 0\.05 seconds"):
            async for _ in moving(body(), 0.05):
                pass
        assert time.monotonic() - begun < 20

    @pytest.mark.parametrize(
        ("path", "most"),
        [("/doorstep/call", 8 << 20), ("/doorstep/session/send", 1 << 20), ("/login", 8 << 10)],
    )
    async def test_no_route_takes_more_than_it_says(self, path: str, most: int) -> None:
        auth = ("ann", "secret") if path == "/login" else None
        with served(ds.Interface(lambda each: each, "text", "text"), auth=auth) as server:
            async with httpx.AsyncClient(base_url=server.url, trust_env=False, timeout=20) as client:

                async def body() -> Any:
                    for _ in range(most // 65536 + 2):
                        yield b"[" * 65536

                answer = await client.post(path, content=body())
        assert answer.status_code in {400, 413}
        assert f"{most:,}" in answer.text

    def test_what_is_big_is_found_out_without_looking_at_all_of_it(self) -> None:
        history = [{"role": "user", "content": [{"type": "text", "text": "hello"}]}] * 100_000
        begun = time.process_time()
        assert is_big([history])
        assert is_big("x" * 200_000)
        assert not is_big([history[:50], 1, None, np.zeros(3)])
        assert not is_big([ds.ChatMessage("hello")])
        assert is_big([ds.ChatMessage("hello" * 100_000)])
        assert time.process_time() - begun < 0.5

    async def test_a_long_history_is_not_read_on_the_loop_that_serves_the_others(self) -> None:
        threads: list[str] = []

        class Chat(ds.Chatbot):
            def preprocess(self, wire: Any, files: Any) -> Any:
                threads.append(threading.current_thread().name)
                return super().preprocess(wire, files)

            def postprocess(self, value: Any, files: Any) -> Any:
                threads.append(threading.current_thread().name)
                return super().postprocess(value, files)

        async def echo(history: Any) -> Any:
            threads.append(threading.current_thread().name)
            return history

        with ds.Blocks() as app:
            chat = Chat()
            app.load(echo, chat, chat)
        history = [{"role": "user", "content": [{"type": "text", "text": "hello"}]}]
        with served(app) as server:
            async with server.page(max_size=None) as page:
                for long in (history, history * 2_000):
                    threads.clear()
                    assert (await page.run(long))["type"] == "done"
                    read, ran, shown = threads
                    assert (read == ran, shown == ran) == (
                        (True, True) if long is history else (False, False)
                    )


class TestRow46Login:
    async def log_in(self, client: httpx.AsyncClient, password: str, address: str) -> int:
        data = {"username": "ann", "password": password}
        headers = {"X-Forwarded-For": address}
        return (await client.post("/login", data=data, headers=headers)).status_code

    async def test_nobody_locks_another_out(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(gate, "SLOW_STEP", 0.001)
        monkeypatch.setattr(
            gate, "address_of", lambda scope: dict(scope["headers"])[b"x-forwarded-for"].decode()
        )
        app = ds.Interface(lambda each: each, "text", "text")
        with served(app, auth=("ann", "secret")) as server:
            async with httpx.AsyncClient(base_url=server.url, trust_env=False, timeout=20) as client:
                for number in range(60):
                    await self.log_in(client, "guess", f"10.0.0.{number % 10}")
                assert await self.log_in(client, "secret", "10.0.0.200") == 200
                # Who guesses is shut out all the same.
                for _ in range(10):
                    await self.log_in(client, "guess", "10.0.0.1")
                assert await self.log_in(client, "secret", "10.0.0.1") == 429

    def test_many_failures_slow_logins_down_up_to_a_limit(self) -> None:
        slow = SlowDown(10, 100.0, step=0.5, longest=3.0)
        for _ in range(10):
            slow.failed(0.0)
        assert slow.seconds(0.0) == 0
        for _ in range(1000):
            slow.failed(0.0)
        assert slow.seconds(0.0) == 3.0
        assert slow.seconds(40.0) == 1.0
        assert slow.seconds(60.0) == 0
        slow.succeeded()
        assert slow.seconds(60.0) == 0


class TestRow48Films:
    def test_a_film_of_huge_pictures_is_refused(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        film = small_film(tmp_path)
        monkeypatch.setattr(ffmpeg, "MAX_PIXELS", 1000)
        with pytest.raises(RefusedError, match="Video: the file cannot be read"):
            ds.Video(format="webm").preprocess({"path": film.name, "meta": META}, FakeFiles(tmp_path))

    def test_a_film_that_grows_without_end_is_refused_and_not_cut(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        film = small_film(tmp_path)
        monkeypatch.setattr(ffmpeg, "MAX_CONVERTED", 1000)
        for _ in range(2):
            with pytest.raises(RefusedError, match="once it is converted"):
                ds.Video(format="avi").preprocess({"path": film.name, "meta": META}, FakeFiles(tmp_path))


def small_film(folder: Path) -> Path:
    """Ten frames of 64 x 64, made by Pillow."""
    frames = [Pillow.new("RGB", (64, 64), (each * 20, 0, 0)) for each in range(10)]
    frames[0].save(folder / "a.gif", save_all=True, append_images=frames[1:], duration=100)
    return folder / "a.gif"
