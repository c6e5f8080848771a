import doorstep as ds

with ds.Blocks() as app, ds.Accordion("Advanced", open=True):
    ds.Slider(0, 2, value=0.7, step=0.1, label="Temperature")
    ds.Checkbox(value=True, label="Stream the answer")
