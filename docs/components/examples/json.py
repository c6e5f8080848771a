import doorstep as ds

with ds.Blocks() as app:
    ds.JSON({"model": "small", "layers": [64, 32, 8], "trained": True, "loss": 0.031}, label="Settings")
