"""What a share is, without I/O and without a clock: `now` is always passed in (unix seconds)."""
