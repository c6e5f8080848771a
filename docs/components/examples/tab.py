import doorstep as ds

with ds.Blocks() as app:
    with ds.Tab("Encode"):
        ds.Textbox(label="Text")
    with ds.Tab("Decode"):
        ds.Textbox(label="Code")
