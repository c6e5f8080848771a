import doorstep as ds

with ds.Blocks() as app:
    name, age = ds.Textbox("Ada", label="Name"), ds.Number(36, label="Age")
    ds.ClearButton([name, age])
