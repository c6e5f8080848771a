import doorstep as ds

with ds.Blocks() as app:
    ds.DuplicateButton()
