import doorstep as ds

with ds.Blocks() as app, ds.Walkthrough(selected=0) as way:
    with ds.Step("Data", id=0):
        ds.File(label="Measurements")
        ds.Button("Next").click(lambda: ds.Walkthrough(selected=1), None, way)
    with ds.Step("Model", id=1):
        ds.Radio(["small", "large"], label="Model")
