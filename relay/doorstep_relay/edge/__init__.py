"""The relay's edge: moves bytes between visitors and tunnel connections, and decides nothing.

`http1`, `request`, `response`, `body` and `routing` are sans-I/O. A visitor's connection is built in
three layers, `connection` (its transport), `carrier` (its exchange) and `visitor` (its heads);
`tunnel` is the client's side, and `exchange` stands between the two.
"""
