"""Who holds which share: `local` in memory; `pool` keeps its connections, `balanced` several clients'."""
