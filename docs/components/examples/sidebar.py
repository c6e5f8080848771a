import doorstep as ds

with ds.Blocks() as app:
    with ds.Sidebar("Settings"):
        ds.Slider(0, 1, value=0.5, label="Strength")
    ds.Textbox(label="Prompt")
