import doorstep as ds

with ds.Blocks() as app:
    ds.ParamViewer(
        {
            "radius": {"type": "float", "description": "In metres.", "default": "1.0"},
            "steps": {"type": "int", "description": "How many to take.", "default": None},
        }
    )
