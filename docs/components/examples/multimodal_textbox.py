import doorstep as ds

with ds.Blocks() as app:
    ds.MultimodalTextbox({"text": "What is in this picture?", "files": []}, label="Message")
