import doorstep as ds

with ds.Blocks() as app, ds.Draggable(orientation="column"):
    ds.Textbox("Boil the water", label="First")
    ds.Textbox("Warm the pot", label="Second")
