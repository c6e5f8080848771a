"""How a client reaches a relay: this network's options, names and addresses, proxies, TLS, one HTTP request."""
