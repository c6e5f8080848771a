import doorstep as ds

with ds.Blocks() as app:
    ds.Sketchpad(label="A digit", canvas_size=(300, 300), height=340)
