import doorstep as ds

with ds.Blocks() as app, ds.Walkthrough(selected=1):
    with ds.Step("Choose", id=0):
        ds.Radio(["small", "large"], label="Model")
    with ds.Step("Train", id=1):
        ds.Slider(1, 10, value=3, step=1, label="Epochs")
        ds.Button("Train", variant="primary")
