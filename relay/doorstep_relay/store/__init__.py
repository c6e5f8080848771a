"""What the relay remembers: accounts, hashed tokens, shares and audit events."""
