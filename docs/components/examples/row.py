import doorstep as ds

with ds.Blocks() as app, ds.Row():
    ds.Textbox(label="First name")
    ds.Textbox(label="Last name")
