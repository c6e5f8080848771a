import doorstep as ds

with ds.Blocks() as app:
    ds.Textbox(label="Name", placeholder="Ada Lovelace", info="As on your passport")
    ds.Textbox("A long answer", label="Answer", lines=3, buttons=["copy"], interactive=False)
