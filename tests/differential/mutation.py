"""New requests made of the corpus: seeded, so that a finding can be played again."""

from __future__ import annotations

import random
from typing import Final

from tests.differential.corpus import Case

_SIGNS: Final = (
    *(b"\r", b"\n", b"\r\n", b" ", b"\t", b"\x00", b"\x0b", b"\x7f", b"\x80", b"\xff"),
    *(b":", b";", b",", b'"', b"0", b"5", b"HTTP/1.1", b"HTTP/1.0", b"chunked", b"\r\n\r\n", b"a", b"A"),
    *(b"Content-Length: 5\r\n", b"Content-Length: 0\r\n", b"Transfer-Encoding: chunked\r\n"),
    *(b"Connection: close\r\n", b"Host: evil.example\r\n", b"Expect: 100-continue\r\n", b"X: y\r\n"),
    *(b"0\r\n\r\n", b"5\r\nhello\r\n", b"GET /hidden HTTP/1.1\r\nHost: demo.localhost\r\n\r\n"),
)
_PLAIN: Final = frozenset(
    {"plain", "absolute form", "three requests", "a request and close", "HTTP/1.0 that keeps alive"}
    | {"five bytes", "zero bytes", "chunked", "chunked and empty", "extension", "trailer"}
    | {"Upgrade websocket, refused"}
)
"""Parents of every second mutant: what is malformed already is seldom made better."""
_LONGEST: Final = 4096


def mutants(cases: list[Case], count: int, seed: int) -> list[Case]:
    """`count` cases that differ a little from known ones."""
    chance = random.Random(seed)  # noqa: S311  # the same cases every time
    plain = [case for case in cases if case.name in _PLAIN]
    small = [case for case in cases if len(case.sent) < _LONGEST]
    made = []
    for number in range(count):
        case = chance.choice(chance.choice((plain, small)))
        sent = case.sent
        for _ in range(chance.randrange(1, 3)):
            sent = _change(chance, sent, chance.choice(small).sent)
        made.append(Case(f"seed {seed}, mutant {number} of {case.name!r}: {sent!r}", sent))
    return made


def _change(chance: random.Random, sent: bytes, other: bytes) -> bytes:
    at = chance.randrange(len(sent) + 1)
    end = min(len(sent), at + chance.randrange(1, 8))
    match chance.randrange(6):
        case 0:
            return sent[:at] + chance.choice(_SIGNS) + sent[at:]
        case 1:
            return sent[:at] + sent[end:]
        case 2:
            return sent[:at] + chance.choice(_SIGNS) + sent[end:]
        case 3:
            return sent[:at] + sent[at:end] * 2 + sent[end:]
        case 4:
            return sent[:at] + other[chance.randrange(len(other)) :]
        case _:
            lines = sent.split(b"\r\n")
            line = lines.pop(chance.randrange(len(lines)))
            lines.insert(chance.randrange(len(lines) + 1), line)
            return b"\r\n".join(lines)
