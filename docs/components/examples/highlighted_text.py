import doorstep as ds

with ds.Blocks() as app:
    ds.HighlightedText(
        [("Ada Lovelace", "person"), (" was born in ", None), ("London", "place"), (" in 1815.", None)],
        label="Entities",
        show_legend=True,
    )
