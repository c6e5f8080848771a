"""The schema's history. `doorstep-relay db upgrade` applies it; see `__main__` to add to it."""
