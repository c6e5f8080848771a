import doorstep as ds

with ds.Blocks() as app:
    ds.CheckboxGroup(["red", "green", "blue"], value=["red", "blue"], label="Channels")
