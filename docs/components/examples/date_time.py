import doorstep as ds

with ds.Blocks() as app:
    ds.DateTime("2026-03-20 14:46:00", label="Equinox", timezone="UTC")
