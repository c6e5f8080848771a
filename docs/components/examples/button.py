import doorstep as ds

with ds.Blocks() as app, ds.Row():
    ds.Button("Run", variant="primary")
    ds.Button("Preview")
    ds.Button("Delete", variant="stop")
