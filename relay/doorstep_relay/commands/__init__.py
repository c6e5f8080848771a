"""The subjects of the `doorstep-relay` command, one module each: it works beside a running relay."""
