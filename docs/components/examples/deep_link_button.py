import doorstep as ds

with ds.Blocks() as app:
    ds.Textbox("A lighthouse at dusk", label="Prompt")
    ds.DeepLinkButton()
