"""The relay's edge: moves bytes between visitors and tunnel connections, and decides nothing.

`http1` and `body` are sans-I/O; `visitor`, `tunnel` and `exchange` are the protocols around them.
"""
