"""Classes of vulnerability that UI servers have had, each with the guard that this one has.

Path traversal, forged file values, foreign origins, DNS rebinding, script in files and pages, open
redirects, private endpoints, image bombs and request floods, files of other visitors. The numbers are those
of the rows in the list of vulnerability classes.
"""

from __future__ import annotations

import contextlib
import io
import json
import struct
import zlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image as Pillow
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

import doorstep as ds
from doorstep.security import VISITOR_COOKIE
from tests.support import eventually, free_port, raw_request, visit
from tests.ui.support import Page, Served, built_assets, served

SECRET = "top secret"


def size_of(path: str) -> str:
    return str(Path(path).stat().st_size)


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    (tmp_path / "secret.txt").write_text(SECRET)
    (tmp_path / "work" / "app.py").write_text(SECRET)
    app = ds.Interface(size_of, ds.Image(type="filepath"), "text", flagging_mode="never")
    with served(app, assets=built_assets(tmp_path / "static")) as server:
        yield server


@pytest.fixture
async def client(server: Served) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=server.url, trust_env=False) as client:
        yield client


def png() -> bytes:
    out = io.BytesIO()
    Pillow.new("RGB", (2, 2)).save(out, "png")
    return out.getvalue()


async def upload(
    client: httpx.AsyncClient, page: Page, name: str, data: bytes, **headers: str
) -> httpx.Response:
    return await client.post(
        "/doorstep/upload", params={"session": page.session}, files={"files": (name, data)}, headers=headers
    )


class TestRow36PathTraversal:
    @pytest.mark.parametrize("prefix", ["/doorstep/static/", "/doorstep/file/", "/doorstep/file/x/", "/"])
    @pytest.mark.parametrize(
        "path",
        [
            "../../secret.txt",
            "..%2f..%2fsecret.txt",
            "%2e%2e/%2e%2e/secret.txt",
            "....//....//secret.txt",
            "..\\..\\secret.txt",
            "/etc/passwd",
            "%2fetc%2fpasswd",
            "//etc/passwd",
            "C:/windows/win.ini",
            "\\\\host\\share",
            "app.py%00.png",
            "assets/../../work/app.py",
            "file:///etc/passwd",
        ],
    )
    def test_no_route_leads_to_a_file_of_the_machine(self, server: Served, prefix: str, path: str) -> None:
        request = f"GET {prefix}{path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
        answer = raw_request(server.port, request.encode())
        assert answer.startswith((b"HTTP/1.1 404", b"HTTP/1.1 400"))
        assert SECRET.encode() not in answer
        assert b"root:" not in answer

    @pytest.mark.parametrize(
        "path", ["../../secret.txt", "/etc/passwd", "/proc/self/environ", "app.py", "", "\0", "x" * 5000]
    )
    async def test_a_page_cannot_name_a_path(self, server: Served, path: str) -> None:
        async with server.page() as page:
            failed = await page.run({"path": path, "meta": {"_type": "gradio.FileData"}})
        assert (failed["type"], failed["code"]) == ("failed", "refused")
        assert "neither uploaded nor shown in this session" in failed["message"]

    @pytest.mark.parametrize("path", ["app.py", "../secret.txt", "/etc/passwd", "/proc/self/environ"])
    async def test_a_path_from_a_visitor_that_a_function_returns_is_not_served(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str, capfd: pytest.CaptureFixture[str]
    ) -> None:
        (tmp_path / "app.py").write_text(SECRET)
        monkeypatch.chdir(tmp_path)
        with served(ds.Interface(lambda given: given, "text", "image")) as server:
            async with server.page() as page:
                assert (await page.run(path))["type"] == "failed"
        said = capfd.readouterr().err
        assert "cannot show" in said or "not the name of a picture" in said


class TestRow37ForgedFileValues:
    async def test_only_the_id_counts_whatever_else_the_value_says(
        self, server: Served, client: httpx.AsyncClient
    ) -> None:
        async with server.page() as page:
            (file,) = (await upload(client, page, "a.png", png())).json()
            forged = {**file, "url": "file:///etc/passwd", "orig_name": "/etc/passwd", "size": 1}
            assert (await page.run(forged))["changes"][0][1]["value"] == str(len(png()))

    @pytest.mark.parametrize(
        "wire", ["/etc/passwd", ["/etc/passwd"], {"url": "http://127.0.0.1/"}, {"path": ["a"]}, 1, True]
    )
    async def test_other_shapes_are_refused(self, server: Served, wire: Any) -> None:
        async with server.page() as page:
            assert (await page.run(wire))["code"] == "refused"


class TestRow49OtherVisitors:
    async def test_a_session_cannot_use_another_sessions_file(
        self, server: Served, client: httpx.AsyncClient
    ) -> None:
        async with server.page() as mine, server.page() as theirs:
            (file,) = (await upload(client, theirs, "a.png", png())).json()
            assert (await mine.run(file))["code"] == "refused"
            assert (await theirs.run(file))["type"] == "done"

    async def test_a_browsers_file_is_its_own_even_for_one_who_knows_the_address(
        self, server: Served, client: httpx.AsyncClient
    ) -> None:
        cookie = (await client.get("/")).cookies[VISITOR_COOKIE]
        async with server.page(additional_headers={"Cookie": f"{VISITOR_COOKIE}={cookie}"}) as page:
            (file,) = (await upload(client, page, "a.png", png())).json()
            assert (await client.get("/" + file["url"])).status_code == 200
            assert visit(f"{server.url}/{file['url']}").status == 404
            stranger = {"Cookie": f"{VISITOR_COOKIE}={'x' * 24}"}
            assert visit(f"{server.url}/{file['url']}", headers=stranger).status == 404

    async def test_a_stolen_session_id_is_worth_nothing_in_another_browser(
        self, server: Served, client: httpx.AsyncClient
    ) -> None:
        cookie = (await client.get("/")).cookies[VISITOR_COOKIE]
        async with server.page(additional_headers={"Cookie": f"{VISITOR_COOKIE}={cookie}"}) as page:
            async with server.page(session=page.session) as thief:
                assert thief.welcome["resumed"] is False
            async with httpx.AsyncClient(base_url=server.url, trust_env=False) as stranger:
                assert (await upload(stranger, page, "a.png", png())).status_code == 404

    async def test_a_file_is_gone_with_its_session(self, server: Served, client: httpx.AsyncClient) -> None:
        async with server.page() as page:
            (file,) = (await upload(client, page, "a.png", png())).json()
            session = server.app.sessions().get(page.session)
            assert session is not None
            server.app._loop.call_soon_threadsafe(server.app.sessions().remove, session)  # type: ignore[union-attr]
            with pytest.raises(ConnectionClosed):
                await page.hear()
        assert (await client.get("/" + file["url"])).status_code == 404

    async def test_the_visitors_key_is_out_of_scripts_reach(self, client: httpx.AsyncClient) -> None:
        header = (await client.get("/")).headers["set-cookie"]
        assert "HttpOnly" in header
        assert "SameSite=lax" in header
        assert "set-cookie" not in (await client.get("/")).headers, "one key a browser"


class TestRow42Origins:
    FOREIGN = ("https://evil.example", "null", "http://127.0.0.1:1", "http://127.0.0.1.evil.example", "")

    @pytest.mark.parametrize("origin", FOREIGN)
    async def test_a_foreign_page_gets_no_session(self, server: Served, origin: str) -> None:
        with pytest.raises(InvalidStatus) as refused:
            async with connect(
                f"ws://127.0.0.1:{server.port}/doorstep/session", additional_headers={"Origin": origin}
            ):
                pass
        assert refused.value.response.status_code == 403

    @pytest.mark.parametrize("origin", FOREIGN)
    async def test_a_foreign_page_cannot_upload(
        self, server: Served, client: httpx.AsyncClient, origin: str
    ) -> None:
        async with server.page() as page:
            answer = await upload(client, page, "a.png", png(), Origin=origin)
        assert (answer.status_code, answer.json()["error"]) == (403, "foreign-origin")

    async def test_a_browser_that_sends_no_origin_is_still_found_out(
        self, server: Served, client: httpx.AsyncClient
    ) -> None:
        async with server.page() as page:
            answer = await upload(client, page, "a.png", png(), **{"Sec-Fetch-Site": "cross-site"})
        assert answer.status_code == 403

    async def test_the_apps_own_page_is_let_in(self, server: Served, client: httpx.AsyncClient) -> None:
        async with server.page(origin=server.url) as page:
            answer = await upload(client, page, "a.png", png(), Origin=server.url)
        assert answer.status_code == 200

    async def test_two_origins_are_refused(self, server: Served) -> None:
        request = (
            "POST /doorstep/upload?session=x HTTP/1.1\r\nHost: a\r\nOrigin: http://a\r\n"
            "Origin: http://evil.example\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        )
        assert raw_request(server.port, request.encode()).startswith(b"HTTP/1.1 403")

    async def test_behind_a_proxy_that_rewrites_host_its_own_page_is_let_in(self, server: Served) -> None:
        headers = {"Origin": "https://app.example", "X-Forwarded-Host": "app.example"}
        async with server.page(additional_headers=headers) as page:
            assert page.session

    async def test_nothing_invites_other_origins(self, client: httpx.AsyncClient) -> None:
        for path in ("/", "/config", "/doorstep/static/assets/svelte-1.js"):
            headers = (await client.get(path, headers={"Origin": "https://evil.example"})).headers
            assert "access-control-allow-origin" not in headers


class TestRow42Rebinding:
    """A name of the attacker's that resolves to 127.0.0.1 makes his page the app's own origin."""

    @pytest.fixture
    def url(self) -> Iterator[str]:
        app = ds.Interface(lambda name: name, "text", "text")
        yield app.launch(prevent_thread_lock=True, quiet=True, server_port=free_port()).local_url
        app.close()

    @pytest.mark.parametrize(
        "host",
        [
            "evil.example",
            "evil.example:7860",
            "localhost.evil.example",
            "127.0.0.1.nip.example",
            "a@b",
            "[::1",
        ],
    )
    def test_an_app_for_this_machine_answers_to_no_foreign_name(self, url: str, host: str) -> None:
        answer = visit(f"{url}/config", headers={"Host": host})
        assert answer.status in {400, 403}
        assert "components" not in answer.text

    @pytest.mark.parametrize(
        "host", ["localhost", "LOCALHOST:80", "abc.localhost", "127.0.0.1", "[::1]:80", "10.0.0.7"]
    )
    def test_it_answers_to_its_own_names_and_to_addresses(self, url: str, host: str) -> None:
        assert visit(f"{url}/config", headers={"Host": host}).status == 200

    async def test_nor_does_its_websocket(self, url: str) -> None:
        headers = {"Host": "evil.example", "Origin": "http://evil.example"}
        port = int(url.rsplit(":", 1)[1])
        request = "GET /doorstep/session HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        request += "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
        request += "".join(f"{name}: {value}\r\n" for name, value in headers.items()) + "\r\n"
        assert raw_request(port, request.encode(), half_close=True).startswith(b"HTTP/1.1 403")

    def test_names_can_be_allowed(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("DOORSTEP_ALLOWED_HOSTS", "one.example, two.example")
        app = ds.Interface(lambda name: name, "text", "text")
        options: dict[str, Any] = {"prevent_thread_lock": True, "quiet": True, "server_port": free_port()}
        url = app.launch(root_path="https://app.example/demo", **options).local_url
        for host in ("one.example", "two.example", "app.example"):
            assert visit(f"{url}/config", headers={"Host": host}).status == 200
        app.close()


class TestRow43ScriptInFiles:
    @pytest.mark.parametrize(
        "name", ["a.html", "a.svg", "a.xml", "a.js", "a.pdf", "a.xhtml", "a", "a.PNG.html"]
    )
    async def test_what_could_run_is_offered_for_download_only(
        self, server: Served, client: httpx.AsyncClient, name: str
    ) -> None:
        async with server.page() as page:
            (file,) = (await upload(client, page, name, b"<script>alert(1)</script>")).json()
            headers = (await client.get("/" + file["url"])).headers
        assert headers["content-disposition"].startswith("attachment")
        assert headers["x-content-type-options"] == "nosniff"
        assert "sandbox" in headers["content-security-policy"]
        assert "default-src 'none'" in headers["content-security-policy"]

    async def test_a_picture_is_shown_but_can_run_nothing(
        self, server: Served, client: httpx.AsyncClient
    ) -> None:
        async with server.page() as page:
            (file,) = (await upload(client, page, "a.png", b"<script>alert(1)</script>")).json()
            headers = (await client.get("/" + file["url"])).headers
        assert headers["content-type"] == "image/png"
        assert headers["content-disposition"].startswith("inline")
        assert headers["x-content-type-options"] == "nosniff"
        assert "sandbox" in headers["content-security-policy"]

    async def test_the_address_of_a_file_decides_nothing_about_its_kind(
        self, server: Served, client: httpx.AsyncClient
    ) -> None:
        async with server.page() as page:
            (file,) = (await upload(client, page, "a.png", png())).json()
            assert (await client.get(f"/doorstep/file/{file['path']}/a.html")).status_code == 404

    async def test_hostile_names_stay_inside_their_header(
        self, server: Served, client: httpx.AsyncClient
    ) -> None:
        async with server.page() as page:
            (file,) = (await upload(client, page, 'a"\r\nSet-Cookie: x=y; .png', png())).json()
            assert "set-cookie" not in (await client.get("/" + file["url"])).headers

    @pytest.mark.parametrize("text", ["</script><script>alert(1)</script>", "<!--<script>", "]]>", "\u2028"])
    def test_no_text_of_the_app_ends_the_pages_script(self, text: str, tmp_path: Path) -> None:
        app = ds.Interface(lambda a: a, ds.Textbox(text, label=text), "text", title=text, description=text)
        with served(app, assets=built_assets(tmp_path / "static")) as server:
            html = visit(server.url).text
        head, _, rest = html.partition('id="doorstep-config">')
        config = rest.partition("</script>")[0]
        assert json.loads(config)["title"] == text
        assert "<script>alert" not in html
        assert "<!--" not in head + rest


class TestRow38PrivateParts:
    @pytest.mark.parametrize("fn", [-1, 1, 2, 10**6])
    async def test_only_registered_functions_can_be_run(self, server: Served, fn: int) -> None:
        """Dependency 1 is the Clear button's: it has no function behind it."""
        async with server.page() as page:
            await page.start(fn=fn)
            with pytest.raises(ConnectionClosed) as closed:
                await page.hear()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1008

    @pytest.mark.parametrize("fn", ['"launch"', '"__init__"', "null", "0.5", "[0]"])
    async def test_functions_are_known_by_number_only(self, server: Served, fn: str) -> None:
        async with server.page() as page:
            await page.socket.send(f'{{"type":"run","job":1,"fn":{fn},"data":[]}}')
            with pytest.raises(ConnectionClosed):
                await page.hear()

    @pytest.mark.parametrize(
        "path", ["//evil.example", "/\\evil.example", "/%2f%2fevil.example", "//evil.example/%2e%2e"]
    )
    def test_nothing_redirects(self, server: Served, path: str) -> None:
        request = f"GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
        answer = raw_request(server.port, request.encode())
        assert answer.startswith((b"HTTP/1.1 404", b"HTTP/1.1 400"))
        assert b"location:" not in answer.lower()

    def test_the_page_is_the_same_whatever_host_it_is_asked_for_under(self, server: Served) -> None:
        bodies = {
            visit(server.url, headers={"Host": host, "X-Forwarded-Host": host}).body for host in ("a", "b")
        }
        assert len(bodies) == 1
        assert b"//a" not in bodies.pop()


class TestRow48Floods:
    async def test_a_small_file_that_unpacks_to_a_huge_picture_is_refused(
        self, server: Served, client: httpx.AsyncClient
    ) -> None:
        async with server.page() as page:
            (file,) = (await upload(client, page, "bomb.png", bomb(30_000, 30_000))).json()
            failed = await page.run(file)
        assert failed["code"] == "refused"
        assert "pixels" in failed["message"]

    async def test_a_thousand_ranges_are_one_short_answer(
        self, server: Served, client: httpx.AsyncClient
    ) -> None:
        async with server.page() as page:
            (file,) = (await upload(client, page, "a.txt", b"x" * 10_000)).json()
            asked = "bytes=" + ",".join("0-" for _ in range(1000))
            answer = await client.get("/" + file["url"], headers={"Range": asked})
        assert answer.status_code in {200, 206, 400, 416}
        assert len(answer.content) < 30_000

    async def test_a_page_that_does_not_read_is_cut_off(
        self, server: Served, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("doorstep.line.MAX_BACKLOG", 5)
        async with server.page() as page:
            session = server.app.sessions().get(page.session)
            assert session is not None
            assert session.line is not None
            monkeypatch.setattr(session.line, "wake", lambda: None)  # nothing is written any more
            with contextlib.suppress(ConnectionClosed):  # it may come before all is said
                for _ in range(10):
                    await page.start("refused at once")
                await eventually(lambda: session.outbox.backlog > 5)
                await page.say({"type": "ping"})
            assert await page.end() == 4008


def bomb(width: int, height: int) -> bytes:
    """A PNG of a few hundred bytes that says it has `width` × `height` pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(b"\0" * 1000))
        + chunk(b"IEND", b"")
    )
