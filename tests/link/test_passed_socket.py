"""systemd's socket activation: the port outlives the relay, so a restart refuses nobody."""

from __future__ import annotations

import http.client
import select
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import pytest

from tests.link.clients import client
from tests.support import Process, Relay, free_port, wait_for
from tests.support.process import clean_env
from tests.support.relay import COMMAND

AS_SYSTEMD = """
import os, sys
os.dup2(int(sys.argv[1]), 3)
os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS=sys.argv[2], LISTEN_FDNAMES="doorstep-relay.socket")
os.execv(sys.argv[3], sys.argv[3:])
"""
"""Does to a command what systemd does before it executes one: the socket becomes descriptor 3."""


class Activated(Relay):
    """A relay whose port is another's, who starts it with that: here the test, otherwise systemd."""

    def __init__(self, data: Path, sock: socket.socket, *args: str) -> None:
        super().__init__(data, port=sock.getsockname()[1], args=args)
        self._sock = sock

    def start(self, count: int = 1) -> None:
        serve = [
            COMMAND,
            "serve",
            "--listen",
            "127.0.0.1:1",
            "--domain",
            "localhost",
            *self._where,
            *self.args,
        ]
        command = [sys.executable, "-c", AS_SYSTEMD, str(self._sock.fileno()), str(count), *serve]
        fds = [self._sock.fileno()]
        env = clean_env(self.data)
        self.process = Process(command, log=self.data / "relay.log", env=env, pass_fds=fds)


@pytest.fixture
def activated(tmp_path: Path) -> Iterator[Activated]:
    with closing(socket.create_server(("127.0.0.1", 0), backlog=1024)) as sock:
        relay = Activated(tmp_path / "relay", sock)
        try:
            yield relay
        finally:
            if relay.process is not None:
                relay.kill()


class Visitors:
    """Ask for a link without a pause, some with a connection for each request, some with one for many."""

    def __init__(self, relay: Relay, host: str) -> None:
        self.answers: list[object] = []
        self._port = relay.port
        self._host = host
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._visit, args=(number % 2 == 0,)) for number in range(4)]

    def _visit(self, keeps: bool) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=60)
        while not self._over.wait(0.005):
            if connection.sock is not None and select.select([connection.sock], [], [], 0)[0]:
                connection.close()  # it ended while it was idle: clients look before they ask again
            fields = {"Host": self._host} | ({} if keeps else {"Connection": "close"})
            try:
                connection.request("POST", "/upload", body=b"x", headers=fields)
                answer = connection.getresponse()
                answer.read()
                self.answers.append(answer.status)
            except (OSError, http.client.HTTPException) as error:
                self.answers.append(repr(error))
                connection.close()
        connection.close()

    @contextmanager
    def coming(self) -> Iterator[None]:
        for thread in self._threads:
            thread.start()
        try:
            yield
        finally:
            self._over.set()
            for thread in self._threads:
                thread.join(90)


def test_a_restart_with_the_same_socket_fails_no_request(activated: Activated) -> None:
    relay, token = activated, activated.token()
    relay.start()
    with ExitStack() as stack:
        running = stack.enter_context(client(relay, token, name="demo"))
        visitors = Visitors(relay, f"demo.localhost:{relay.port}")
        stack.enter_context(visitors.coming())
        for _ in range(2):
            seen = len(visitors.answers)
            wait_for(lambda seen=seen: len(visitors.answers) > seen + 50, 30, what="visitors to be served")
            relay.stop()
            relay.start()
        seen = len(visitors.answers)
        wait_for(lambda: len(visitors.answers) > seen + 50, 60, what="visitors to be served again")
        assert relay.visit(running.url).json()["pid"] == running.pid
    assert set(visitors.answers) == {200}


def test_who_comes_while_no_relay_runs_is_served_by_the_next(activated: Activated) -> None:
    relay = activated
    relay.token()
    connection = http.client.HTTPConnection("127.0.0.1", relay.port, timeout=60)
    connection.request("GET", "/healthz", headers={"Host": "localhost"})
    relay.start()
    assert connection.getresponse().status == 200
    connection.close()


def test_its_address_takes_the_place_of_the_one_in_the_settings(activated: Activated) -> None:
    relay = activated
    relay.token()
    relay.start()
    assert relay.process is not None
    relay.process.wait_for_line(rf"listens on 127\.0\.0\.1:{relay.port}$", 30)


def test_more_sockets_than_one_are_refused_in_words(activated: Activated) -> None:
    relay = activated
    relay.token()
    relay.start(count=2)
    assert relay.process is not None
    assert relay.process.wait(30) == 2
    assert "systemd passes 2 sockets; the relay takes one" in relay.log


def test_systemds_own_program_passes_it_as_the_relay_expects(tmp_path: Path, activated: Activated) -> None:
    relay = activated
    relay.token()
    port = free_port()
    command = [
        "systemd-socket-activate",
        "--listen",
        f"127.0.0.1:{port}",
        "--fdname",
        "doorstep-relay.socket",
    ]
    serve = [COMMAND, "serve", "--listen", "127.0.0.1:1", "--domain", "localhost", "--data", str(relay.data)]
    process = Process([*command, *serve], log=tmp_path / "activate.log", env=clean_env(tmp_path))
    try:
        process.wait_for_line("Listening on", 30)
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        connection.request("GET", "/healthz", headers={"Host": "localhost"})
        assert connection.getresponse().status == 200
        connection.close()
    finally:
        process.kill()


def test_a_descriptor_that_was_meant_for_another_process_is_left_alone(tmp_path: Path) -> None:
    env = clean_env(tmp_path, {"LISTEN_PID": "1", "LISTEN_FDS": "1"})
    source = (
        "from doorstep_relay.passed import passed_socket; import os; "
        "print(passed_socket(), 'LISTEN_FDS' in os.environ)"
    )
    done = subprocess.run([sys.executable, "-c", source], env=env, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "None False"
