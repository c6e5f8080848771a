"""How a client reaches a relay: its options, names and addresses, proxies, TLS, and one HTTP request."""
