"""Sessions with a relay: `Line` has one after the other, each a `Session` on a WebSocket."""
