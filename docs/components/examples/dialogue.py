import doorstep as ds

with ds.Blocks() as app:
    ds.Dialogue(
        [
            {"speaker": "Ada", "text": "Shall we begin?"},
            {"speaker": "Charles", "text": "The engine is ready."},
        ],
        speakers=["Ada", "Charles"],
        label="Script",
    )
