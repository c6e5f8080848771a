import doorstep as ds

with ds.Blocks() as app, ds.Tabs(selected="second"):
    with ds.Tab("First", id="first"):
        ds.Markdown("One")
    with ds.Tab("Second", id="second"):
        ds.Markdown("Two")
