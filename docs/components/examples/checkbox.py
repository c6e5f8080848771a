import doorstep as ds

with ds.Blocks() as app:
    ds.Checkbox(value=True, label="Remember me", info="For thirty days")
