import doorstep as ds

with ds.Blocks() as app:
    ds.UploadButton("Choose pictures", file_types=["image"], file_count="multiple")
