"""A link through a real sshd: told, used, lost in every way, and back."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import psutil
import pytest
from websockets.sync.client import connect

from doorstep_client.errors import RefusedError, UnreachableError, UsageError
from doorstep_client.link import Link, share
from doorstep_client.ssh_out import command, session
from tests.ssh_out.conftest import OpenLink, StartServer
from tests.ssh_out.server import SshServer
from tests.support import Process, clean_env, eventually, free_port, run_script, wait_for

ROOT = str(Path(__file__).parents[2])
LINK = "https://calm-otter.tunnels.test"

pytestmark = pytest.mark.timeout(120)


def get(port: int, path: str = "/", **headers: str) -> Any:
    """What a visitor gets, who comes to a port of the SSH server."""
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
        connection.request("GET", path, headers=headers)
        return json.loads(connection.getresponse().read())


def ssh_of(pid: int) -> list[psutil.Process]:
    """The ssh processes of a process, without ours that watch over them."""
    return [child for child in psutil.Process(pid).children() if is_ssh(child)]


def is_ssh(process: psutil.Process) -> bool:
    try:
        return process.name() == "ssh"
    except psutil.NoSuchProcess:
        return False


def only_ssh_of(pid: int) -> psutil.Process:
    """The one that runs, when those of earlier links have ended."""
    (ssh,) = wait_for(lambda: found if len(found := ssh_of(pid)) == 1 else None, what="one ssh")
    return ssh


class Told:
    """What a link's user is told."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def __call__(self, text: str) -> None:
        self.texts.append(text)

    def back(self, link: Link) -> None:
        """Wait until the link was lost and is back. It may be lost for a shorter time than a look takes."""
        wait_for(lambda: f"The link is back: {link.url}" in self.texts, 40, what="the loss and the return")
        assert link.status == "live"


# -- what a link is ---------------------------------------------------------------------------------


def test_an_app_is_shared_through_a_server_that_tells_a_link(
    start_server: StartServer, open_link: OpenLink
) -> None:
    server, port = start_server(), free_port()
    told: list[str] = []

    link = open_link(server, f"remote={port}", on_event=told.append)

    assert (link.url, link.visit_url, link.status, link.name) == (LINK, LINK, "live", "calm-otter")
    assert link.relay == server.url
    assert link.expires_at is None
    assert get(port, "/here")["path"] == "/here"
    assert len(told) == 1
    assert "key is new here" in told[0]
    assert "ssh-ed25519 SHA256:" in told[0]


def test_a_websocket_passes(start_server: StartServer, open_link: OpenLink) -> None:
    port = free_port()
    open_link(start_server(), f"remote={port}")

    with connect(f"ws://127.0.0.1:{port}/", proxy=None, open_timeout=30) as socket:
        socket.send("hello")
        assert socket.recv(30) == "hello"


def test_a_server_on_a_port_is_shared_like_an_app(start_server: StartServer, open_link: OpenLink) -> None:
    server, first, second = start_server(), free_port(), free_port()
    open_link(server, f"remote={first}")

    open_link(server, f"remote={second}", target=first)

    assert get(second, "/twice")["path"] == "/twice"


def test_whoever_writes_his_own_address_stays_unknown(start_server: StartServer, open_link: OpenLink) -> None:
    server, port, trusting = start_server(), free_port(), free_port()
    open_link(server, f"remote={port}")
    open_link(server, f"remote={trusting}&forwarded=yes")
    wrote = {"X-Forwarded-For": "10.0.0.1, 192.0.2.7", "X-Forwarded-Proto": "https"}

    assert get(port, **wrote)["client"] == ["unknown", 0]
    assert get(port, **wrote)["scheme"] == "https"
    assert get(trusting, **wrote)["client"] == ["192.0.2.7", 0]


def test_a_port_that_the_server_chooses_is_the_link(start_server: StartServer, open_link: OpenLink) -> None:
    server = start_server(session=False)

    link = open_link(server, "remote=0")

    host, _, port = link.url.removeprefix("http://").partition(":")
    assert host == link.name == "127.0.0.1"
    assert get(int(port))["path"] == "/"


def test_a_link_that_the_user_knows_needs_no_word(start_server: StartServer, open_link: OpenLink) -> None:
    server, port = start_server(session=False), free_port()

    link = open_link(server, f"remote={port}&public=https://demo.example.org")

    assert link.url == "https://demo.example.org"
    assert get(port)["path"] == "/"


def test_a_name_is_asked_for_as_the_services_want_it(start_server: StartServer, open_link: OpenLink) -> None:
    """sshd takes it for an address to listen on; what it says then is what tells that it was asked."""
    server, port = start_server(config="GatewayPorts clientspecified"), free_port()

    open_link(server, f"remote={port}", name="127.0.0.1")

    assert get(port)["path"] == "/"


def test_words_for_the_server_are_what_it_is_told(start_server: StartServer, open_link: OpenLink) -> None:
    says = '{"event": "tcpip-forward", "tls_termination": true, "address": "abc.tunnels.test"}'
    server = start_server(says=says)

    assert open_link(server, "command=--output%20json").url == "https://abc.tunnels.test"


def test_a_link_without_a_line_end_is_read_too(start_server: StartServer, open_link: OpenLink) -> None:
    server = start_server(says="\\033[32mYour link: https://a.tunnels.test\\c")

    assert open_link(server).url == "https://a.tunnels.test"


def test_a_link_that_ends_after_a_while_does(start_server: StartServer, open_link: OpenLink) -> None:
    link = open_link(start_server(), expires_in=0.5)

    assert link.expires_at is not None
    assert link.wait(20)
    assert getattr(link.error, "code", "") == "expired"


def test_close_ends_ssh_and_leaves_nothing_behind(start_server: StartServer, open_link: OpenLink) -> None:
    port = free_port()
    link = open_link(start_server(), f"remote={port}")
    ssh = only_ssh_of(os.getpid())
    folder = Path(ssh.cmdline()[ssh.cmdline().index("-R") + 1].partition(":")[2]).parent
    assert folder.stat().st_mode & 0o777 == 0o700

    link.close()

    assert link.status == "ended"
    assert link.error is None
    assert not folder.exists()
    wait_for(lambda: not ssh.is_running(), what="the end of ssh")
    wait_for(lambda: refuses(port), what="the server to give the port up")


def refuses(port: int) -> bool:
    try:
        get(port)
    except ConnectionRefusedError:
        return True
    except ConnectionError:  # accepted by the server, which knew no better yet
        return False
    return False


# -- why there is none ------------------------------------------------------------------------------


def test_a_key_that_the_server_does_not_know(start_server: StartServer, open_link: OpenLink) -> None:
    server = start_server()
    (server.place / "authorized_keys").write_text("")

    with pytest.raises(RefusedError, match=r"does not let you in \(it takes: publickey\)") as error:
        open_link(server)

    assert error.value.code == "permission-denied"


def test_a_server_that_shows_another_key(start_server: StartServer, open_link: OpenLink) -> None:
    server = start_server()
    open_link(server).close()
    new_key(server)

    with pytest.raises(RefusedError, match="another key than it did before") as error:
        open_link(server)

    assert error.value.code == "host-key-changed"


def new_key(server: SshServer) -> None:
    server.kill()
    for part in ("host_key", "host_key.pub"):
        (server.place / part).unlink(missing_ok=True)
    new = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(server.place / "host_key")]
    subprocess.run(new, check=True)
    server.start()


def test_a_user_who_trusts_no_new_keys_is_obeyed(
    start_server: StartServer, open_link: OpenLink, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = start_server()
    monkeypatch.setenv("DOORSTEP_SSH_COMMAND", f"{server.command} -o StrictHostKeyChecking=yes")

    with pytest.raises(RefusedError, match="Connect once by hand") as error:
        open_link(server)

    assert error.value.code == "host-key-unknown"
    assert not (server.place / "known_hosts").exists()


def test_a_port_that_is_taken(start_server: StartServer, open_link: OpenLink) -> None:
    server, port = start_server(), free_port()
    open_link(server, f"remote={port}")

    with pytest.raises(RefusedError, match=f"gives no port {port} away") as error:
        open_link(server, f"remote={port}")

    assert error.value.code == "forwarding-refused"


def test_a_server_that_allows_no_forwarding(start_server: StartServer, open_link: OpenLink) -> None:
    with pytest.raises(RefusedError, match="AllowTcpForwarding"):
        open_link(start_server(config="Match User *\n  AllowTcpForwarding no"))


def test_a_server_that_tells_no_link_is_quoted(
    start_server: StartServer, open_link: OpenLink, monkeypatch: pytest.MonkeyPatch
) -> None:
    began = session.Session.open

    async def greeted(*how: Any) -> session.Session:
        """The time for a link begins when the server has said something, however slow its login was."""
        opened = await began(*how)
        await eventually(lambda: "Welcome to my box" in opened.reading.last_words)
        return opened

    monkeypatch.setattr(session.Session, "open", greeted)
    monkeypatch.setattr(session, "LINK_DEADLINE", 1.0)

    with pytest.raises(
        UnreachableError, match=r"told no link within 1 s. It said: Welcome to my box"
    ) as error:
        open_link(start_server(says="Welcome to my box"))

    assert "?url=" in str(error.value)
    wait_for(lambda: not ssh_of(os.getpid()), what="the end of ssh")


def test_a_server_that_is_not_there(start_server: StartServer, open_link: OpenLink) -> None:
    server = start_server()
    server.kill()

    with pytest.raises(UnreachableError, match="Connection refused"):
        open_link(server)


def test_without_ssh_the_command_that_installs_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOORSTEP_SSH_COMMAND", "no-such-ssh -v")

    with pytest.raises(UsageError, match=r"no program 'no-such-ssh' on this computer\. \w+"):
        share(9, relay="ssh://localhost")


@pytest.mark.parametrize(
    ("options", "what"),
    [
        ({"password": "secret"}, "policy or password"),
        ({"policy": {"networks": ["10.0.0.0/8"]}}, "policy or password"),
        ({"balance": True}, "balance"),
        ({"naming": "readable"}, "naming"),
        ({"token": "dst_abc"}, "takes no token"),
        ({"pin": "sha256/" + 43 * "A" + "="}, "pin= is for a Doorstep relay"),
        ({"proxy": "http://127.0.0.1:9"}, "proxy= is for a Doorstep relay"),
        ({"name": "-oProxyCommand=x"}, "could be asked for"),
    ],
)
def test_what_an_ssh_server_cannot_keep_is_refused_before_anything_is_shared(
    options: dict[str, Any], what: str
) -> None:
    with pytest.raises(UsageError, match=what):
        share(9, relay="ssh://127.0.0.1:9", **options)


# -- lost and back ----------------------------------------------------------------------------------


def test_a_killed_ssh_comes_back(start_server: StartServer, open_link: OpenLink) -> None:
    port, told = free_port(), Told()
    link = open_link(start_server(), f"remote={port}", on_event=told)

    only_ssh_of(os.getpid()).kill()

    told.back(link)
    assert get(port)["path"] == "/"
    assert told.texts[-1] == f"The link is back: {LINK}"


def test_a_frozen_ssh_is_replaced(
    start_server: StartServer, open_link: OpenLink, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "FROZEN_EVERY", 0.3)
    port, told = free_port(), Told()
    link = open_link(start_server(), f"remote={port}", on_event=told)
    ssh = only_ssh_of(os.getpid())

    ssh.suspend()

    told.back(link)
    assert get(port)["path"] == "/"
    assert not ssh.is_running()


def test_a_server_that_freezes_is_noticed_and_asked_until_it_gives_the_port_back(
    start_server: StartServer, open_link: OpenLink, monkeypatch: pytest.MonkeyPatch
) -> None:
    server, port = start_server(), free_port()
    monkeypatch.setenv("DOORSTEP_SSH_COMMAND", f"{server.command} -o ServerAliveInterval=1")
    told: list[str] = []
    link = open_link(server, f"remote={port}", on_event=told.append)

    server.freeze()

    wait_for(lambda: link.status == "reconnecting", 40, what="the loss")
    wait_for(lambda: any("gives no port" in text for text in told), 40, what="the port that is still taken")
    server.thaw()
    wait_for(lambda: link.status == "live", 40, what="the return")
    assert get(port)["path"] == "/"


def test_a_silent_server_is_given_up_within_20_seconds() -> None:
    assert command.ALIVE_EVERY * (command.ALIVE_MISSED + 1) <= 20


def test_a_server_that_restarts_is_found_again_under_another_link(
    start_server: StartServer, open_link: OpenLink
) -> None:
    server, port = start_server(), free_port()
    link = open_link(server, f"remote={port}")

    server.kill()
    wait_for(lambda: link.status == "reconnecting", 40, what="the loss")
    script = server.place / "session"
    script.write_text(script.read_text().replace("calm-otter", "keen-heron"))
    server.start()

    wait_for(lambda: link.status == "live", 40, what="the return")
    assert link.url == "https://keen-heron.tunnels.test"
    assert get(port)["path"] == "/"


def test_a_key_that_changes_while_the_link_is_lost_ends_it(
    start_server: StartServer, open_link: OpenLink
) -> None:
    server = start_server()
    link = open_link(server)

    new_key(server)

    assert link.wait(40)
    assert getattr(link.error, "code", "") == "host-key-changed"


# -- as programs use it -----------------------------------------------------------------------------

_SCRIPT = """
import sys, time
from doorstep_client import share
from tests.link.app import app
link = share(app, relay=sys.argv[1])
print("URL", link.url, flush=True)
link.wait()
"""


def test_ssh_does_not_outlive_a_killed_parent(start_server: StartServer) -> None:
    server, port = start_server(), free_port()
    env = {"PYTHONPATH": os.environ.get("PYTHONPATH", ROOT), "DOORSTEP_SSH_COMMAND": server.command}
    with run_script(
        _SCRIPT, f"{server.url}?remote={port}", env={**env, "PYTHONPATH": import_path()}
    ) as script:
        assert script.wait_for_line(r"^URL (\S+)").group(1) == LINK
        ssh = only_ssh_of(script.pid)

        script.popen.kill()

        wait_for(lambda: not ssh.is_running(), what="the end of ssh")


def import_path() -> str:
    return os.pathsep.join(path for path in [ROOT, *sys.path] if path)


def test_the_command_shares_a_port_until_it_is_told_to_stop(
    start_server: StartServer, tmp_path: Path
) -> None:
    server, port = start_server(), free_port()
    env = clean_env(tmp_path, {"PYTHONPATH": import_path(), "DOORSTEP_SSH_COMMAND": server.command})
    relay = f"{server.url}?remote={port}"
    words = [sys.executable, "-m", "doorstep_client.cli", "share", "9", "--relay", relay]
    running = Process(words, log=tmp_path / "share.log", env=env)
    try:
        running.wait_for_line(LINK)
        running.send(signal.SIGINT)
        assert running.wait(60) == 0
    finally:
        running.kill()


def test_launch_shares_its_page_through_ssh(start_server: StartServer) -> None:
    import doorstep as ds

    server, port = start_server(), free_port()
    demo = ds.Interface(lambda text: text, "text", "text")
    try:
        _, _, url = demo.launch(
            share=True,
            relay=f"{server.url}?remote={port}",
            prevent_thread_lock=True,
            quiet=True,
            inline=False,
        )
        assert url == LINK
        with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
            connection.request("GET", "/", headers={"Host": "calm-otter.tunnels.test"})
            answer = connection.getresponse()
            assert answer.status == 200
            assert b"<!doctype html" in answer.read(200).lower()
    finally:
        demo.close()
