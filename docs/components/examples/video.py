import doorstep as ds

with ds.Blocks() as app:
    ds.Video(ds.get_video(), label="Film")
    ds.Video(sources=["webcam"], label="Record one", height=240)
