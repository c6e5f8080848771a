"""Jobs: which may run, in which order, and what becomes of them."""
