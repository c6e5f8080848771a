import doorstep as ds

with ds.Blocks() as app:
    notes = ds.Textbox(label="Notes", lines=3, placeholder="Kept in this browser")
    kept = ds.BrowserState("")
    notes.change(lambda text: text, notes, kept)
    app.load(lambda text: text, kept, notes)
