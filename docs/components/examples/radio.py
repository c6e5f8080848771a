import doorstep as ds

with ds.Blocks() as app:
    ds.Radio(["small", "medium", "large"], value="medium", label="Model")
