import doorstep as ds

with ds.Blocks() as app, ds.Row():
    with ds.Column(scale=2):
        ds.Textbox(label="Prompt", lines=4)
    with ds.Column(scale=1):
        ds.Slider(1, 50, value=20, label="Steps")
        ds.Button("Run", variant="primary")
