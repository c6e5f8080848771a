"""Who holds which share: `local` in memory; `pool` keeps a share's tunnel connections."""
