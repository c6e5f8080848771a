import doorstep as ds

with ds.Blocks() as app:
    ds.Label({"cat": 0.82, "fox": 0.13, "dog": 0.05}, num_top_classes=3, label="Animal")
