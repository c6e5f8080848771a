"""Hostile files, names and values against components and routes, each by its row."""

from __future__ import annotations

import base64
import csv
import json
import subprocess
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image as Pillow

import doorstep as ds
from doorstep.allowed import allowed_by
from doorstep.deep_links import DeepLinks
from doorstep.errors import OutputError, RefusedError
from doorstep.files import FileStore, Paths
from doorstep.security import page_policy
from tests.security.test_ui_limits import browser
from tests.ui.support import FakeFiles, served

META = {"_type": "gradio.FileData"}
SECRET = b"a secret of this machine"


def film(folder: Path, name: str = "film.mp4") -> Path:
    """A second of black, 64 x 64."""
    target = folder / name
    command = [
        "ffmpeg",
        "-loglevel",
        "error",
        "-f",
        "lavfi",
        "-i",
        "color=size=64x64:duration=0.2",
        str(target),
    ]
    subprocess.run(command, check=True)
    return target


class TestRow36Playlists:
    """A list of other files, whatever it is called, is no film and no sound."""

    @pytest.mark.parametrize("name", ["a.mp4", "a.webm", "a.mkv", "a.avi", "a.ts", "a.gif"])
    @pytest.mark.parametrize("kind", ["m3u8", "ffconcat", "concat", "dash", "svg", "sdp", "lavfi"])
    def test_no_film_names_other_files(self, tmp_path: Path, name: str, kind: str) -> None:
        secret = film(tmp_path, "secret.mp4").as_posix()
        listed = {
            "m3u8": f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile://{secret}\n#EXT-X-ENDLIST\n",
            "ffconcat": f"ffconcat version 1.0\nfile '{secret}'\n",
            "concat": f"file '{secret}'\n",
            "dash": f'<?xml version="1.0"?><MPD><Period><BaseURL>file://{secret}</BaseURL></Period></MPD>',
            "svg": f'<svg xmlns="http://www.w3.org/2000/svg" width="9"><image href="{secret}"/></svg>',
            "sdp": "v=0\nc=IN IP4 127.0.0.1\nm=video 5004 RTP/AVP 96\n",
            "lavfi": f"movie={secret}",
        }
        (tmp_path / name).write_text(listed[kind])
        for component in (ds.Video(format="mov"), ds.Audio(format="mp3", type="filepath"), ds.Audio()):
            with pytest.raises(RefusedError):
                component.preprocess({"path": name, "meta": META}, FakeFiles(tmp_path))

    @pytest.mark.parametrize("name", ["a.svg", "a.png", "a.jpg", "a.txt", "a.m3u8", "a.ffconcat"])
    def test_nor_does_a_picture_or_a_text_become_a_sound(self, tmp_path: Path, name: str) -> None:
        if name.endswith((".png", ".jpg")):
            Pillow.new("RGB", (9, 9)).save(tmp_path / name)
        else:
            (tmp_path / name).write_text('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>')
        with pytest.raises(RefusedError):
            ds.Audio(format="mp3", type="filepath").preprocess(
                {"path": name, "meta": META}, FakeFiles(tmp_path)
            )

    @pytest.mark.parametrize(
        "position", [("0:enable='1'", 1), ("W", "H"), "movie=/etc/passwd", (1,), [1, 2, 3]]
    )
    def test_a_watermarks_place_is_no_filter(self, tmp_path: Path, position: Any) -> None:
        mark = tmp_path / "mark.png"
        Pillow.new("RGBA", (4, 4)).save(mark)
        path = str(film(tmp_path))

        def marked() -> None:
            options = ds.WatermarkOptions(mark, position)
            ds.Video(watermark=options).postprocess(path, FileStore().of_session("me"))

        with pytest.raises(ValueError, match=r"position=|invalid literal"):
            marked()


class TestRow36Subtitles:
    @pytest.mark.parametrize("name", [".hidden.srt", "blocked/a.vtt", "blocked/a.json", "a.txt", "passwd"])
    def test_subtitles_of_a_visitors_choice_are_read_only_where_files_may_be_shown(
        self, tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        here = tmp_path / "app"
        (here / "blocked").mkdir(parents=True)
        monkeypatch.chdir(here)
        monkeypatch.setattr("tempfile.gettempdir", lambda: str(tmp_path / "elsewhere"))
        (here / name).write_text("1\n00:00:01,000 --> 00:00:02,000\nsecret\n")
        (here / "good.srt").write_text("1\n00:00:01,000 --> 00:00:02,000\nhello\n")
        (tmp_path / "elsewhere").mkdir()
        film(here)
        files = FileStore(Paths(blocked=[here / "blocked"])).of_session("me")
        shown = ds.Video().postprocess(("film.mp4", "good.srt"), files)
        assert shown is not None
        assert shown["subtitles"][0]["text"] == "hello"
        with pytest.raises(OutputError):
            ds.Video().postprocess(("film.mp4", str(here / name)), files)


class TestRow36Folders:
    @pytest.fixture
    def root(self, tmp_path: Path) -> Path:
        """A folder with a file, beside one that it must not lead to."""
        root = tmp_path / "root"
        (root / "inner").mkdir(parents=True)
        (root / "inner" / "a.txt").write_text("a")
        (tmp_path / "outer").mkdir()
        (tmp_path / "outer" / "secret.txt").write_bytes(SECRET)
        (tmp_path / "root-twin").mkdir()
        (tmp_path / "root-twin" / "secret.txt").write_bytes(SECRET)
        (root / "link").symlink_to(tmp_path / "outer")
        (root / "link.txt").symlink_to(tmp_path / "outer" / "secret.txt")
        (root / "twin").symlink_to(tmp_path / "root-twin")
        (root / "loop").symlink_to(root / "loop")
        (root / "dead").symlink_to(root / "nothing")
        return root

    @pytest.mark.parametrize(
        "parts",
        [
            *(["link"], ["link", "secret.txt"], ["link.txt"], ["twin", "secret.txt"], ["loop"], ["dead"]),
            *(
                [".."],
                ["..", "outer", "secret.txt"],
                ["inner", "..", "..", "outer", "secret.txt"],
                ["."],
                [""],
            ),
            *(["inner/../../outer/secret.txt"], ["/etc/passwd"], ["/"], ["inner\\a.txt"], ["C:\\a"], ["~"]),
            *(["inner", "a.txt\0"], ["a\0/../../x"], ["x" * 5000], ["inner"] * 65, ["\ud800"], [["inner"]]),
            *([None], [1], "inner", {"0": "inner"}, ["inner", "a.txt", "b"], ["INNER", "A.TXT"], ["a\n"]),
        ],
        ids=lambda each: ascii(each)[:40],
    )
    def test_nothing_but_what_is_below_can_be_chosen_or_listed(self, root: Path, parts: Any) -> None:
        explorer = ds.FileExplorer(root_dir=root)
        with pytest.raises(RefusedError) as refused:
            explorer.preprocess([parts], FakeFiles(root))
        assert str(root.parent) not in str(refused.value)
        with pytest.raises(RefusedError):
            explorer.ls(parts)

    def test_what_leads_out_is_not_even_seen(self, root: Path) -> None:
        explorer = ds.FileExplorer(root_dir=root)
        assert [each["name"] for each in explorer.ls([])] == ["inner"]
        assert explorer.preprocess([["inner", "a.txt"]], FakeFiles(root)) == [str(root / "inner" / "a.txt")]

    def test_a_folder_that_becomes_a_link_later_leads_nowhere(self, root: Path) -> None:
        explorer = ds.FileExplorer(root_dir=root)
        (root / "inner" / "a.txt").unlink()
        (root / "inner").rmdir()
        (root / "inner").symlink_to(root.parent / "outer")
        with pytest.raises(RefusedError):
            explorer.preprocess([["inner", "secret.txt"]], FakeFiles(root))

    async def test_no_path_of_the_machine_is_told(self, root: Path) -> None:
        with ds.Blocks() as app:
            explorer = ds.FileExplorer(root_dir=root)
        with served(app, show_error=True) as server:
            async with browser(server) as (client, headers), server.page(additional_headers=headers) as page:
                hostile: list[list[Any]] = [
                    [["..", "outer"]],
                    [{"a": 1}],
                    [],
                    [[], [], []],
                    [["x" * 5000]],
                    [["\0"]],
                ]
                for args in hostile:
                    call = {"session": page.session, "component": explorer.id, "name": "ls", "args": args}
                    answer = await client.post("/doorstep/call", json=call)
                    assert str(root.parent) not in answer.text
                    assert answer.status_code in {200, 400, 500}


class TestRow38Calls:
    async def test_only_what_a_component_offers_is_called_and_only_by_its_own_page(self) -> None:
        calls: list[Any] = []
        with ds.Blocks() as app:
            html = ds.HTML("x", js_on_load="server.add(1)", server_functions=[calls.append])
            box = ds.Textbox()
        with served(app) as server:
            async with (
                browser(server) as (client, headers),
                server.page(additional_headers=headers) as mine,
                server.page() as other,
            ):
                good: dict[str, Any] = {
                    "session": mine.session,
                    "component": html.id,
                    "name": "append",
                    "args": [1],
                }
                assert (await client.post("/doorstep/call", json=good)).status_code == 200
                assert calls == [1]
                changes: list[dict[str, Any]] = [
                    *({"session": session} for session in (other.session, "x", "")),
                    *({"component": each} for each in (box.id, 10**9, -1, "1", None)),
                    *({"name": name} for name in ("__class__", "clear", "preprocess", "", "append\0")),
                    {"args": {"a": 1}},
                ]
                for change in changes:
                    status = (await client.post("/doorstep/call", json=good | change)).status_code
                    assert status in {400, 404}, change
                for body in (b"", b"[", b"[" * 100_000, b'{"session":' * 50_000, b"\xff\xfe", b"null"):
                    assert (await client.post("/doorstep/call", content=body)).status_code == 400
                foreign = {"Origin": "https://evil.example"}
                assert (await client.post("/doorstep/call", json=good, headers=foreign)).status_code == 403
        assert calls == [1]


class TestRow49Sessions:
    async def test_another_sessions_table_is_not_edited_nor_read(self) -> None:
        secret = [[f"secret {row}", row] for row in range(6000)]
        with ds.Blocks() as app:
            table, out = ds.Dataframe(type="array"), ds.JSON()
            app.load(lambda: secret, None, table)
            table.change(lambda rows: rows, table, out)
        with served(app) as server:
            async with server.page(max_size=None) as mine, server.page(max_size=None) as other:
                done = await mine.run(fn=0)
                token = done["changes"][0][1]["value"]["metadata"]["kept"]
                for kept in (token, "first", "", None, 0, [token]):
                    wire = {"headers": [], "data": [], "metadata": {"kept": kept, "edits": []}}
                    failed = await other.run(wire, fn=1)
                    assert failed["type"] == "failed", kept
                    assert "secret" not in json.dumps(failed)

    async def test_what_one_page_was_shown_is_no_file_of_another(self, tmp_path: Path) -> None:
        (tmp_path / "out.txt").write_bytes(SECRET)
        with ds.Blocks() as app:
            given, shown = ds.File(), ds.File()
            app.load(lambda: str(tmp_path / "out.txt"), None, shown)
            given.change(lambda path: path and Path(path).read_text(), given, ds.Textbox())
        with served(app) as server:
            async with (
                browser(server) as (client, headers),
                server.page(additional_headers=headers) as mine,
                server.page() as other,
            ):
                value = (await mine.run(fn=0))["changes"][0][1]["value"]
                assert (await client.get(value["url"])).content == SECRET
                assert (await mine.run(value, fn=1))["type"] == "done"
                failed = await other.run(value, fn=1)
                assert (failed["type"], failed["code"]) == ("failed", "refused")
                async with browser(server) as (stranger, _):
                    # The id alone, or with another name, is worth nothing either.
                    for url in (
                        value["url"],
                        f"doorstep/file/{value['path']}/x",
                        f"gradio_api/file={value['path']}",
                    ):
                        assert (await stranger.get(f"/{url}")).status_code == 404


class TestRow43Scripts:
    @pytest.mark.parametrize(
        "head",
        [
            '<script src="https://good.example/x.js; script-src *"></script>',
            "<script src=\"https://good.example/x.js' 'unsafe-inline\"></script>",
            '<script src="https://*/x.js"></script>',
            '<link rel="stylesheet" href="https://a.example/;default-src *">',
            '<iframe src="https://a.example; frame-ancestors *"></iframe>',
            '<style>@import url("https://a.example/x; script-src *");</style>',
            "<style>a { background: url(https://a.example/x;script-src *) }</style>",
            '<script src="https://a.example,b/x.js"></script>',
            '<script src="//a.example/\r\nX-Header: 1"></script>',
        ],
    )
    def test_no_address_in_a_head_ends_its_directive_or_opens_the_policy(self, head: str) -> None:
        policy = page_policy(allowed_by(head))
        names = [each.strip().split(" ")[0] for each in policy.split(";")]
        assert len(names) == len(set(names))
        assert "frame-ancestors" not in names
        rules = dict(each.strip().split(" ", 1) for each in policy.split(";"))
        assert rules["default-src"] == "'none'"
        assert not {"*", "'unsafe-inline'", "'unsafe-eval'", "https://*"} & set(rules["script-src"].split())
        assert "\r" not in policy
        assert "\n" not in policy

    async def test_a_drawing_of_a_visitor_runs_nothing_at_its_address(self) -> None:
        drawing = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
        with served(ds.Interface(lambda a: a, ds.Image(type="filepath"), "image")) as server:
            async with httpx.AsyncClient(base_url=server.url, trust_env=False) as client:
                for name in (
                    "a.svg",
                    "a.SVG",
                    "a.svgz",
                    "a.xhtml",
                    "a.xml",
                    "a.html",
                    "a.htm",
                    "a.shtml",
                    "a.xht",
                ):
                    (path,) = (
                        await client.post("/gradio_api/upload", files={"files": (name, drawing)})
                    ).json()
                    headers = (await client.get(f"/gradio_api/file={path}")).headers
                    assert headers["content-disposition"].startswith("attachment"), name
                    assert "sandbox" in headers["content-security-policy"]
                    assert "script" not in headers["content-type"]

    def test_a_deep_link_brings_neither_paths_nor_modules(self, tmp_path: Path) -> None:
        """Who makes a link chooses what those see who open it."""
        part = {
            "type": "component",
            "component": "html",
            "value": "<b>x</b>",
            "constructor_args": {},
            "props": {"module": "https://evil.example/x.js", "handlers": ["alert(1)"], "head": "<script>"},
        }
        chat = [{"role": "user", "metadata": None, "content": [part], "options": None}]
        links = DeepLinks(["chatbot"], tmp_path)
        wire = links.load(links.keep([chat]), FakeFiles(tmp_path))
        assert wire is not None
        assert "evil" not in json.dumps(wire)
        assert "alert" not in json.dumps(wire)


class TestRow50Formulas:
    @pytest.mark.parametrize(
        "cell", ["=1+1", "+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "\uff1d1", " =1"]
    )
    def test_no_name_or_cell_that_a_visitor_chose_is_a_formula(self, tmp_path: Path, cell: str) -> None:
        logger = ds.CSVLogger(verbose=False)
        with ds.Blocks():
            logger.setup([ds.Textbox(label="a"), ds.File(label="b")], tmp_path / "flagged")
        (tmp_path / "x").write_bytes(b"1")
        logger.flag([cell, {"path": str(tmp_path / "x"), "orig_name": cell}], cell, cell)
        with (tmp_path / "flagged" / "dataset1.csv").open(newline="", encoding="utf-8") as file:
            rows = list(csv.reader(file))
        assert not [each for each in rows[1] if each.lstrip(" ")[:1] in {*"=+-@\t\r\n", "\uff1d"}]
        assert all(path.resolve().is_relative_to(tmp_path) for path in (tmp_path / "flagged").rglob("*"))


class TestRow44Links:
    @pytest.mark.parametrize(
        "link", ["..", "../" * 8 + "etc", "a" * 16, "/etc/passwd", "\0" * 16, "x" * 9999]
    )
    def test_a_deep_link_is_a_name_alone(self, tmp_path: Path, link: str) -> None:
        assert DeepLinks(["textbox"], tmp_path).load(link, FakeFiles(tmp_path)) is None


class TestRow48Pictures:
    @pytest.mark.parametrize("kind", ["ico", "icns", "psd", "eps", "fits", "pcx", "xbm", "dds", "jpeg2000"])
    def test_only_a_few_readers_are_tried(self, tmp_path: Path, kind: str) -> None:
        name = {"jpeg2000": "a.jp2"}.get(kind, f"a.{kind}")
        try:
            Pillow.new("L" if kind != "xbm" else "1", (16, 16)).save(tmp_path / name)
        except (ValueError, KeyError, OSError):  # Pillow writes no such file: its beginning is enough
            (tmp_path / name).write_bytes({"psd": b"8BPS\0\1", "fits": b"SIMPLE  ="}.get(kind, b"\0" * 64))
        (tmp_path / name).rename(tmp_path / "a.png")
        for component in (ds.Image(), ds.Image(type="filepath"), ds.ImageEditor(), ds.Gallery(type="numpy")):
            file = {"path": "a.png", "meta": META}
            wires = {"image": file, "image_editor": {"background": file}, "gallery": [{"image": file}]}
            with pytest.raises(RefusedError, match="not a picture of a kind that can be read"):
                component.preprocess(wires[component.type], FakeFiles(tmp_path))

    @pytest.mark.parametrize("kind", ["png", "webp", "gif", "tiff"])
    def test_a_small_file_of_too_many_pixels_is_refused_in_every_way(self, tmp_path: Path, kind: str) -> None:
        path = tmp_path / f"a.{kind}"
        Pillow.new("1" if kind in {"png", "tiff"} else "L", (8000, 7000)).save(path)
        file = {"path": path.name, "meta": META}
        inline = {
            "path": None,
            "url": f"data:image/{kind};base64,{base64.b64encode(path.read_bytes()).decode()}",
        }
        for component in (ds.Image(), ds.Image(type="pil"), ds.Image(type="filepath")):
            for wire in (file, inline):
                with pytest.raises(RefusedError, match="8000 × 7000 pixels"):
                    component.preprocess(wire, FakeFiles(tmp_path))
        with pytest.raises(RefusedError, match="8000 × 7000 pixels"):
            ds.Gallery().preprocess([{"image": file}], FakeFiles(tmp_path))


class TestRow48Queue:
    @pytest.mark.parametrize(
        "body",
        [
            b"", b"[]", b"null", b"[" * 100_000, b'{"data":' + b"[" * 100_000,
            b'{"data": [], "fn_index": 1e999}', b'{"data": [], "fn_index": "0", "session_hash": {}}',
            b'{"data": [], "fn_index": -1, "session_hash": "x"}',
            b'{"data": null, "fn_index": 0, "session_hash": "x"}',
            b'{"data": [], "fn_index": 0, "session_hash": "' + b"x" * 100_000 + b'"}',
        ],
    )  # fmt: skip
    async def test_strange_bodies_are_refused_and_the_queue_goes_on(self, body: bytes) -> None:
        with served(ds.Interface(lambda a: a, "text", "text")) as server:
            async with httpx.AsyncClient(base_url=server.url, trust_env=False) as client:
                for path in (
                    "queue/join",
                    "queue/cancel",
                    "reset",
                    "cancel",
                    "run/predict",
                    "call/predict",
                    "component_server",
                ):
                    answer = await client.post(f"/gradio_api/{path}", content=body)
                    assert answer.status_code < 500, (path, answer.text)
                good = await client.post("/gradio_api/run/predict", json={"data": ["hi"]})
                assert good.json()["data"] == ["hi"]

    async def test_nobody_reads_or_cancels_anothers_events(self) -> None:
        with served(ds.Interface(lambda a: f"secret {a}", "text", "text")) as server:
            async with httpx.AsyncClient(base_url=server.url, trust_env=False) as mine:
                await mine.get("/")
                event = (await mine.post("/gradio_api/call/predict", json={"data": ["x"]})).json()["event_id"]
                async with httpx.AsyncClient(base_url=server.url, trust_env=False) as other:
                    await other.get("/")
                    stolen = await other.get(f"/gradio_api/call/predict/{event}")
                    assert "secret" not in stolen.text
                assert "secret x" in (await mine.get(f"/gradio_api/call/predict/{event}")).text
