"""`launch()` as scripts use it: in a process of their own, with the real server."""

from __future__ import annotations

import asyncio
import json
import signal
import socket
import sys
import textwrap
import threading
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import connect

import doorstep as ds
from doorstep import serving
from doorstep.errors import UsageError
from doorstep.launch import in_words, is_interactive
from tests.support import Process, free_port, run_script, visit, wait_for

URL = r"Running on local URL:  (http://\S+)"


def script(launch: str, after: str = "") -> str:
    return (
        "import doorstep as ds\n"
        "def greet(name):\n    return f'Hello {name}!'\n"
        f"app = ds.Interface(greet, 'text', 'text')\n{textwrap.dedent(launch)}\n{after}\n"
    )


@pytest.fixture
def app() -> Iterator[ds.Blocks]:
    app = ds.Interface(lambda name: name, "text", "text")
    yield app
    app.close()


def until_it_waits(process: Process) -> None:
    """The address is told, and answered at, a moment before the script waits for signals."""
    status = Path(f"/proc/{process.pid}/status")
    bit = 1 << (signal.SIGTERM - 1)

    def hears() -> bool:
        (caught,) = (line.split()[1] for line in status.read_text().splitlines() if line.startswith("SigCgt"))
        return bool(int(caught, 16) & bit)

    wait_for(hears, what="a handler for SIGTERM")


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_a_script_serves_until_it_is_stopped_and_ends_quietly(sent: signal.Signals) -> None:
    with run_script(script(f"app.launch(server_port={free_port()})", "print('after')")) as process:
        url = process.wait_for_line(URL)[1]
        assert visit(f"{url}/config").status == 200
        until_it_waits(process)
        process.send(sent)
        assert process.wait() == 0
        assert process.output.endswith("Stopping.\nafter\n")
        assert "Traceback" not in process.output


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_a_script_that_is_stopped_leaves_no_files_behind(tmp_path: Path, sent: signal.Signals) -> None:
    source = script(f"app = ds.Interface(greet, ds.Image(), 'text'); app.launch(server_port={free_port()})")
    with run_script(source, env={"TMPDIR": str(tmp_path)}) as process:
        url = process.wait_for_line(URL)[1]
        asyncio.run(upload(url))
        assert list(tmp_path.glob("doorstep-*/*/a.txt"))
        until_it_waits(process)
        process.send(sent)
        assert process.wait() == 0
    assert not list(tmp_path.iterdir())


async def upload(url: str) -> None:
    """Upload a file in a session of its own."""
    async with connect(f"{url.replace('http', 'ws')}/doorstep/session") as page:
        await page.send('{"type":"hello"}')
        session = json.loads(await page.recv())["session"]
        async with httpx.AsyncClient(trust_env=False) as client:
            target = f"{url}/doorstep/upload?session={session}"
            answer = await client.post(target, files={"files": ("a.txt", b"x")})
            assert answer.status_code == 200


def test_a_function_that_hangs_does_not_keep_the_script_alive() -> None:
    source = script(
        f"app.launch(server_port={free_port()}, prevent_thread_lock=True)",
        "import threading; threading.Event().wait(0.1); print('end')",
    )
    with run_script(source.replace("return f", "__import__('time').sleep(99); return f")) as process:
        assert process.wait() == 0


def test_launch_returns_the_app_and_its_urls_at_once_when_asked_to(app: ds.Blocks) -> None:
    port = free_port()
    served, local_url, share_url = app.launch(prevent_thread_lock=True, quiet=True, server_port=port)
    assert local_url == f"http://127.0.0.1:{port}"
    assert share_url is None
    assert callable(served)
    assert visit(f"{local_url}/config").status == 200
    app.close()
    with pytest.raises(ConnectionRefusedError):
        visit(local_url)
    app.close()


def test_an_app_can_be_launched_again(app: ds.Blocks) -> None:
    first = app.launch(prevent_thread_lock=True, quiet=True, server_port=free_port())
    second = app.launch(prevent_thread_lock=True, quiet=True, server_port=free_port())
    assert visit(f"{second.local_url}/config").status == 200
    with pytest.raises(ConnectionRefusedError):
        visit(first.local_url)


def test_the_next_free_port_is_taken_from_7860_on(app: ds.Blocks, monkeypatch: pytest.MonkeyPatch) -> None:
    """From a port of this test's own, as others may be at 7860 and the next ones."""
    assert serving.FIRST_PORT == 7860
    monkeypatch.setattr(serving, "FIRST_PORT", begin := free_port())
    with socket.create_server(("127.0.0.1", begin)):
        first = app.launch(prevent_thread_lock=True, quiet=True)
        other = ds.Interface(lambda name: name, "text", "text")
        second = other.launch(prevent_thread_lock=True, quiet=True)
        other.close()
    ports = [int(each.local_url.rsplit(":", 1)[1]) for each in (first, second)]
    assert begin < ports[0] < ports[1] < begin + serving.PORTS


def test_a_taken_port_is_named(app: ds.Blocks) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(OSError, match=f"port {port} of 127.0.0.1 is taken"):
            app.launch(prevent_thread_lock=True, quiet=True, server_port=port)


@pytest.mark.parametrize("prefix", ["DOORSTEP", "GRADIO"])
def test_the_environment_sets_name_and_port(
    app: ds.Blocks, monkeypatch: pytest.MonkeyPatch, prefix: str
) -> None:
    port = free_port()
    monkeypatch.setenv(f"{prefix}_SERVER_PORT", str(port))
    monkeypatch.setenv(f"{prefix}_SERVER_NAME", "localhost")
    result = app.launch(prevent_thread_lock=True, quiet=True)
    assert result.local_url == f"http://localhost:{port}"


def test_a_port_that_is_no_number_is_named(app: ds.Blocks, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOORSTEP_SERVER_PORT", "http")
    with pytest.raises(UsageError, match="no number: 'http'"):
        app.launch(prevent_thread_lock=True)


@pytest.mark.parametrize("port", [99999, 65536, -1, "7860", 1.5])
def test_a_port_out_of_range_is_answered_with_the_range(app: ds.Blocks, port: Any) -> None:
    with pytest.raises(UsageError, match=r"from 0 \(any free port\) to 65535, not"):
        app.launch(prevent_thread_lock=True, server_port=port)


def test_quiet_says_nothing(app: ds.Blocks, capsys: pytest.CaptureFixture[str]) -> None:
    app.launch(prevent_thread_lock=True, quiet=True, server_port=free_port())
    assert capsys.readouterr().out == ""


def test_a_parameter_that_does_nothing_yet_says_so(app: ds.Blocks) -> None:
    options: dict[str, Any] = {"prevent_thread_lock": True, "quiet": True, "pwa": True}
    with pytest.warns(UserWarning, match="`pwa` does nothing yet"):
        app.launch(server_port=free_port(), **options)


def test_a_parameter_of_another_gradio_says_so(app: ds.Blocks) -> None:
    options: dict[str, Any] = {"prevent_thread_lock": True, "quiet": True, "show_tips": True}
    with pytest.warns(UserWarning, match="launch: `show_tips` does nothing yet") as said:
        app.launch(server_port=free_port(), **options)
    assert said[0].filename == __file__


@pytest.mark.parametrize(
    "option",
    [{"ssl_keyfile": "key.pem"}, {"ssl_certfile": "cert.pem"}],
)
def test_a_parameter_that_people_rely_on_to_be_safe_is_refused(
    app: ds.Blocks, option: dict[str, Any]
) -> None:
    with pytest.raises(UsageError, match="not supported yet, and ignoring it would not be safe"):
        app.launch(prevent_thread_lock=True, quiet=True, **option)


def test_the_known_values_of_what_is_not_there_are_taken_in_silence(app: ds.Blocks) -> None:
    off: dict[str, Any] = {"auth": None, "pwa": False, "strict_cors": True}
    app.launch(prevent_thread_lock=True, quiet=True, server_port=free_port(), **off)


def test_a_parameter_that_does_not_exist_is_an_error(app: ds.Blocks) -> None:
    with pytest.raises(TypeError, match="unexpected keyword argument 'prot'"):
        app.launch(prot=80)  # type: ignore[call-arg]


def test_a_script_is_not_interactive() -> None:
    assert not is_interactive()


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        *((30, "less than a minute"), (60, "1 minute"), (600, "10 minutes"), (3599.5, "1 hour")),
        *((3600, "1 hour"), (7200, "2 hours"), (86400, "24 hours"), (259200, "3 days")),
    ],
)
def test_time_spans_are_in_words(seconds: float, words: str) -> None:
    assert in_words(seconds) == words


class FakeLink:
    """A link as `doorstep_client.share` returns it."""

    url = "http://abc.localhost:8080"
    visit_url = "http://abc.localhost:8080"
    inspect_url = None
    expires_at = None

    def __init__(self) -> None:
        self.closed = False

    def close(self) -> None:
        self.closed = True


class TestSharing:
    """The seam to `doorstep_client`, which has tests of its own."""

    @pytest.fixture
    def client(self, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
        """Stands in for `doorstep_client`; `share` is for the test to set."""
        fake = ModuleType("doorstep_client")
        vars(fake)["DoorstepError"] = type("DoorstepError", (Exception,), {})
        monkeypatch.setitem(sys.modules, "doorstep_client", fake)
        return fake

    def test_the_link_works_on_the_servers_loop_and_is_closed_with_the_app(
        self, app: ds.Blocks, client: ModuleType, capsys: pytest.CaptureFixture[str]
    ) -> None:
        asked: dict[str, Any] = {}
        link = FakeLink()

        def share(target: Any, **options: Any) -> FakeLink:
            asked.update(options, target=target)
            return link

        vars(client)["share"] = share
        options: dict[str, Any] = {"relay": "http://relay", "token": "t", "name": "cat", "expires_in": 60.0}
        result = app.launch(share=True, prevent_thread_lock=True, server_port=free_port(), **options)
        assert result.share_url == link.url
        assert asked["loop"].is_running()
        assert asked["target"] is result.app
        assert {name: asked[name] for name in options} == options
        assert asked["lifespan"] is False
        asked["on_event"]("* The link is back.")
        assert capsys.readouterr().out.splitlines() == [
            f"* Running on local URL:  {result.local_url}",
            f"* Running on public URL: {link.url}",
            "* The link is back.",
        ]
        app.close()
        assert link.closed

    def test_without_a_link_the_local_app_goes_on(
        self, app: ds.Blocks, client: ModuleType, capsys: pytest.CaptureFixture[str]
    ) -> None:
        def share(_target: Any, **_options: Any) -> FakeLink:
            raise client.DoorstepError("No relay is configured.\nSet DOORSTEP_RELAY.")

        vars(client)["share"] = share
        result = app.launch(share=True, prevent_thread_lock=True, server_port=free_port())
        assert result.share_url is None
        assert visit(f"{result.local_url}/config").status == 200
        assert "Set DOORSTEP_RELAY." in capsys.readouterr().out


def test_a_link_without_a_relay_says_how_to_get_one() -> None:
    with run_script(script(f"app.launch(share=True, server_port={free_port()})")) as process:
        url = process.wait_for_line(URL)[1]
        process.wait_for_line("DOORSTEP_RELAY")
        process.wait_for_line("local URL only")
        assert visit(f"{url}/config").status == 200


def test_closing_from_another_thread_ends_the_wait() -> None:
    source = script(
        "import threading, time\n"
        "def end():\n    while app.running is None: time.sleep(0.001)\n    app.close()\n"
        "threading.Thread(target=end).start()",
        f"app.launch(server_port={free_port()}); print('over')",
    )
    with run_script(source) as process:
        process.wait_for_line("^over$")
        assert process.wait() == 0


def test_threads_end_with_the_app(app: ds.Blocks) -> None:
    before = threading.enumerate()

    def ours() -> list[threading.Thread]:
        named = [each for each in threading.enumerate() if each.name.startswith("doorstep")]
        return [each for each in named if each not in before]

    app.launch(prevent_thread_lock=True, quiet=True, server_port=free_port())
    assert ours()
    app.close()
    wait_for(lambda: not ours())


def test_signals_at_any_moment_of_the_end_leave_no_traceback() -> None:
    """Regression: an exception raised by a handler in the middle of a wait broke the lock waited on."""
    with run_script(script(f"app.launch(server_port={free_port()})")) as process:
        url = process.wait_for_line(URL)[1]
        assert visit(url).status == 200
        until_it_waits(process)
        process.send(signal.SIGINT)
        process.send(signal.SIGTERM)
        assert process.wait() == 0
        assert "Traceback" not in process.output


def test_an_app_knows_where_it_is_served_while_it_is(app: ds.Blocks) -> None:
    assert (app.is_running, app.local_url, app.share_url) == (False, None, None)
    result = app.launch(prevent_thread_lock=True, quiet=True, server_port=free_port())
    assert (app.is_running, app.local_url, app.share_url) == (True, f"{result.local_url}/", None)
    app.close()
    assert (app.is_running, app.local_url) == (False, None)


def test_every_app_of_a_process_can_be_ended_at_once() -> None:
    apps = [ds.Interface(lambda name: name, "text", "text") for _ in range(2)]
    for app in apps:
        app.launch(prevent_thread_lock=True, quiet=True, server_port=free_port())
    ds.close_all()
    assert not any(app.is_running for app in apps)
