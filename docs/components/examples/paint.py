import doorstep as ds

with ds.Blocks() as app:
    ds.Paint(label="Paint something", canvas_size=(520, 300), height=340)
