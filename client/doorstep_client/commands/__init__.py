"""The subjects of the `doorstep` command that talk to a relay's API, one module each."""
