"""The ways that `make bench` compares: a module starts one program, or one pair of programs."""

from __future__ import annotations

from bench.peers import bore, chisel, doorstep, frp, nginx, openssh, rathole
from bench.ways import Peer

PEERS: list[Peer] = [
    *doorstep.PEERS,
    *openssh.PEERS,
    *frp.PEERS,
    *rathole.PEERS,
    *bore.PEERS,
    *chisel.PEERS,
    *nginx.PEERS,
]
"""All but the app alone, which every other way leads to."""

FLOOR = {"app", nginx.PLAIN, nginx.TLS}
"""No tunnels: what they do is the least that has to be done."""
