import doorstep as ds

with ds.Blocks() as app:
    ds.TextArea("Dear reader,\n\n", label="Letter")
