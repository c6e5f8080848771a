import doorstep as ds

with ds.Blocks() as app:
    ds.File(file_count="multiple", file_types=[".csv", "image"], label="Measurements")
