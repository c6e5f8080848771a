import doorstep as ds

with ds.Blocks() as app:
    ds.Number(42, label="Seed", info="The same seed gives the same picture", precision=0)
