"""`ssh -R` opens links: with OpenSSH as Debian has it."""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
import urllib.request

from websockets.asyncio.client import connect

from tests.link.ssh.programs import DEADLINE, SshRelay, link_of, running
from tests.support import visit, wait_for


def test_a_registered_key_opens_a_link_and_its_terminal_shows_requests(ssh_relay: SshRelay) -> None:
    with running(ssh_relay.home, ssh_relay.alice("-R", f"80:{ssh_relay.to_app}")) as ssh:
        url = link_of(ssh)
        answer = visit(f"{url}/some/path?q=1")
        assert answer.status == 200
        assert json.loads(answer.body)["host"] in url
        ssh.wait_for_line(r"^GET /some/path\?q=1 200 \d+ ms$", DEADLINE)
        ssh.wait_for_line(r"^ends in 3 days$")


def test_the_name_before_the_port_is_the_links(ssh_relay: SshRelay) -> None:
    with running(ssh_relay.home, ssh_relay.alice("-R", f"first:80:{ssh_relay.to_app}")) as ssh:
        assert link_of(ssh) == ssh_relay.url("first").rstrip("/")


def test_the_name_may_be_the_whole_host_in_any_case(ssh_relay: SshRelay) -> None:
    for host, name in (("Second", "second"), ("third.localhost", "third")):
        with running(ssh_relay.home, ssh_relay.alice("-R", f"{host}:80:{ssh_relay.to_app}")) as ssh:
            assert link_of(ssh) == ssh_relay.url(name).rstrip("/")
            assert ssh_relay.works(ssh_relay.url(name))


def test_without_a_terminal_the_link_is_told_before_it_opens(ssh_relay: SshRelay) -> None:
    with running(ssh_relay.home, ssh_relay.alice("-N", "-R", f"0:{ssh_relay.to_app}")) as ssh:
        url = ssh.wait_for_line(r"Your link, unless you name one: (\S+)", DEADLINE).group(1)
        ssh.wait_for_line(r"Allocated port 80 for remote forward")
        assert ssh_relay.works(url)


def test_in_the_background_a_link_stays_until_its_client_is_ended(ssh_relay: SshRelay) -> None:
    control = ("-o", f"ControlPath={ssh_relay.home}/background", "-o", "ControlMaster=yes")
    background = ("-f", "-N", *control, "-o", "ExitOnForwardFailure=yes", "-R", f"back:80:{ssh_relay.to_app}")
    with running(ssh_relay.home, ssh_relay.alice(*background)) as ssh:
        assert ssh.wait(DEADLINE) == 0
        assert ssh_relay.works(ssh_relay.url("back"))
        with running(ssh_relay.home, ssh_relay.openssh(*control[:2], "-O", "exit")) as end:
            assert end.wait(DEADLINE) == 0
        wait_for(lambda: visit(ssh_relay.url("back")).status == 503, DEADLINE)


def test_several_forwardings_are_several_links(ssh_relay: SshRelay) -> None:
    both = ("-R", f"left:80:{ssh_relay.to_app}", "-R", f"80:{ssh_relay.to_app}")
    with running(ssh_relay.home, ssh_relay.alice(*both)) as ssh:
        ssh.wait_for_line(r"^http://left\.", DEADLINE)
        other = ssh.wait_for_line(r"^(http://(?!left).*)$", DEADLINE).group(1)
        assert ssh_relay.works(other)
        assert ssh_relay.works(ssh_relay.url("left"))


def test_the_words_of_the_command_are_the_links_options(ssh_relay: SshRelay) -> None:
    words = ["password=open sesame".replace(" ", "-"), "expires=2h", "methods=GET,HEAD", "name=guarded"]
    command = [*ssh_relay.alice("-R", f"80:{ssh_relay.to_app}"), *words]
    with running(ssh_relay.home, command) as ssh:
        assert link_of(ssh) == ssh_relay.url("guarded").rstrip("/")
        ssh.wait_for_line(r"^ends in 2 h$")
        assert visit(ssh_relay.url("guarded")).status == 401
        assert ssh_relay.relay.cli("audit", "list", "--json").find("open-sesame") < 0


def test_a_key_that_was_asked_for_is_in_the_link(ssh_relay: SshRelay) -> None:
    command = [*ssh_relay.alice("-R", f"keyed:80:{ssh_relay.to_app}"), "key"]
    with running(ssh_relay.home, command) as ssh:
        url = link_of(ssh)
        assert re.search(r"/\?k=[\w-]{20,}$", url)
        assert visit(ssh_relay.url("keyed")).status in {401, 403}
        assert visit(url).status in {200, 302, 303}


def test_unknown_words_are_answered_with_the_list(ssh_relay: SshRelay) -> None:
    command = [*ssh_relay.alice("-R", f"80:{ssh_relay.to_app}"), "pasword=secret"]
    with running(ssh_relay.home, command) as ssh:
        assert ssh.wait(DEADLINE) == 2
        assert "there is no option 'pasword'; did you mean password?" in ssh.output
        assert "Nothing runs here: the words of a command are options of your link." in ssh.output
        assert "one-time" in ssh.output
        assert "secret" not in ssh.output.replace("password=SECRET", "")


def test_a_refused_name_is_a_failed_forwarding_with_its_reason(ssh_relay: SshRelay) -> None:
    for more in ((), ("-o", "ExitOnForwardFailure=yes"), ("-N",)):
        command = ssh_relay.alice(*more, "-R", f"www:80:{ssh_relay.to_app}")
        with running(ssh_relay.home, command) as ssh:
            assert ssh.wait(DEADLINE) != 0
            assert "'www' cannot be a share's name: this one is reserved" in ssh.output


def test_who_shares_nothing_is_told_how(ssh_relay: SshRelay) -> None:
    ran = ssh_relay.alice("-R", f"80:{ssh_relay.to_app}")
    with running(ssh_relay.home, [*ran[:-3], ran[-1]]) as ssh:
        assert ssh.wait(DEADLINE) == 1
        assert "ssh -R 80:localhost:8501" in ssh.output


def test_an_app_that_is_not_there_is_answered_at_once(ssh_relay: SshRelay) -> None:
    command = ssh_relay.alice("-R", "nobody:80:localhost:1")
    with running(ssh_relay.home, command) as ssh:
        answer = visit(f"{link_of(ssh)}/")
        assert answer.status == 502
        assert answer.header("Doorstep-Error") == "app-refused"
        ssh.wait_for_line("your computer could not connect to the app")


def test_a_forwarding_can_be_cancelled_while_the_connection_stays(ssh_relay: SshRelay) -> None:
    control = ("-o", f"ControlPath={ssh_relay.home}/control", "-o", "ControlMaster=auto")
    forward = f"cancelled:80:{ssh_relay.to_app}"
    with running(ssh_relay.home, ssh_relay.alice(*control, "-R", forward)) as ssh:
        link_of(ssh)
        cancel = ssh_relay.alice(*control, "-O", "cancel", "-R", forward)
        with running(ssh_relay.home, cancel) as second:
            assert second.wait(DEADLINE) == 0
        wait_for(lambda: visit(ssh_relay.url("cancelled")).status == 410, DEADLINE)


async def test_websockets_and_large_bodies_pass(ssh_relay: SshRelay) -> None:
    size = 100 * 1024 * 1024
    with running(ssh_relay.home, ssh_relay.alice("-R", f"large:80:{ssh_relay.to_app}")) as ssh:
        await asyncio.to_thread(link_of, ssh)
        socket_url = ssh_relay.url("large").replace("http", "ws")
        async with connect(socket_url, host="127.0.0.1", port=ssh_relay.relay.port) as socket:
            for text in ("one", "x" * 300_000):
                await socket.send(text)
                assert await socket.recv() == text
        assert await asyncio.to_thread(_download, ssh_relay.url("large", f"/big?{size}")) == size
        sent = await asyncio.to_thread(_upload, ssh_relay.url("large", "/upload"), size)
        assert json.loads(sent) == {"size": size, "sha256": hashlib.sha256(b"x" * size).hexdigest()}


async def test_many_visitors_at_once(ssh_relay: SshRelay) -> None:
    with running(ssh_relay.home, ssh_relay.alice("-R", f"many:80:{ssh_relay.to_app}")) as ssh:
        await asyncio.to_thread(link_of, ssh)
        answers = await asyncio.gather(
            *(asyncio.to_thread(visit, ssh_relay.url("many", f"/{number}")) for number in range(200))
        )
        assert {answer.status for answer in answers} == {200}
        paths = [json.loads(answer.body)["path"] for answer in answers]
        assert paths == [f"/{number}" for number in range(200)]


def _download(url: str) -> int:
    """Bytes of the answer. A visitor of the standard library: nothing is held but a piece of it."""
    size = 0
    with urllib.request.urlopen(_at_loopback(url), timeout=60) as answer:
        while piece := answer.read(1 << 20):
            size += len(piece)
    return size


def _upload(url: str, size: int) -> bytes:
    request = _at_loopback(url)
    request.data = b"x" * size
    with urllib.request.urlopen(request, timeout=60) as answer:
        body: bytes = answer.read()
        return body


def _at_loopback(url: str) -> urllib.request.Request:
    """NAME.localhost need not resolve on the machine of the tests."""
    host = url.split("/")[2]
    address = url.replace(host, f"127.0.0.1:{host.partition(':')[2]}")
    return urllib.request.Request(address, headers={"Host": host})


def test_who_asks_for_files_is_told_that_there_are_none(ssh_relay: SshRelay) -> None:
    options = ["-F", "none", "-o", f"UserKnownHostsFile={ssh_relay.known_hosts}", "-o", "BatchMode=yes"]
    command = ["sftp", *options, "-P", str(ssh_relay.port), "-i", str(ssh_relay.key), "me@127.0.0.1"]
    with running(ssh_relay.home, command) as sftp:
        assert sftp.wait(DEADLINE) != 0
        assert "There are no files here, and no 'sftp'." in sftp.output


def test_a_key_that_nobody_is_known_by_is_told_how_to_get_in(ssh_relay: SshRelay) -> None:
    stranger = ssh_relay.new_key(None)
    with running(ssh_relay.home, ssh_relay.openssh("-R", f"80:{ssh_relay.to_app}", key=stranger)) as ssh:
        assert ssh.wait(DEADLINE) == 255
        assert "Nobody is known here by the key SHA256:" in ssh.output
        assert "doorstep keys add FILE.pub" in ssh.output
