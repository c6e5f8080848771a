import doorstep as ds

with ds.Blocks() as app:
    ds.Slider(1, 50, value=20, step=1, label="Steps")
