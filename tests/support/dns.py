"""A small name server on loopback: TXT records and addresses that a test puts there."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset

_STOP = b"stop"


class NameServer:
    """Answers from `records`: a name's TXT values; None makes it fail. Others do not exist.

    `addresses` has the names of hosts, with their IPv4 addresses.
    """

    def __init__(self, sock: socket.socket) -> None:
        self.records: dict[str, list[str] | None] = {}
        self.addresses: dict[str, list[str]] = {}
        self.asked: list[str] = []
        self.port: int = sock.getsockname()[1]
        self._sock = sock

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def serve(self) -> None:
        while True:
            data, peer = self._sock.recvfrom(4096)
            if data == _STOP:
                return
            self._sock.sendto(self._answer(dns.message.from_wire(data)), peer)

    def _answer(self, question: dns.message.Message) -> bytes:
        name = question.question[0].name.to_text(omit_final_dot=True)
        self.asked.append(name)
        answer = dns.message.make_response(question)
        answer.flags |= dns.flags.RA
        if name in self.addresses:
            self._tell_addresses(question.question[0], answer)
            return answer.to_wire()
        values = self.records.get(name, [])
        if values is None:
            answer.set_rcode(dns.rcode.SERVFAIL)
        elif not values:
            answer.set_rcode(dns.rcode.NXDOMAIN)
        else:
            quoted = [f'"{value}"' for value in values]
            answer.answer.append(dns.rrset.from_text(question.question[0].name, 0, "IN", "TXT", *quoted))
        return answer.to_wire()

    def _tell_addresses(self, asked: dns.rrset.RRset, answer: dns.message.Message) -> None:
        if asked.rdtype == dns.rdatatype.A:
            name = asked.name.to_text(omit_final_dot=True)
            answer.answer.append(dns.rrset.from_text(asked.name, 0, "IN", "A", *self.addresses[name]))


@contextlib.contextmanager
def name_server(bound: socket.socket | None = None) -> Iterator[NameServer]:
    """One that runs in a thread until the end, on a socket of its own unless it is given one."""
    with bound or socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        if sock.getsockname()[1] == 0:
            sock.bind(("127.0.0.1", 0))
        server = NameServer(sock)
        thread = threading.Thread(target=server.serve, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            sock.sendto(_STOP, sock.getsockname())
            thread.join(20)
