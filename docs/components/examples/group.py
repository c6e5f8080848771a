import doorstep as ds

with ds.Blocks() as app, ds.Group():
    ds.Textbox(label="Name")
    ds.Textbox(label="E-mail", type="email")
