import doorstep as ds

with ds.Blocks() as app:
    ds.ColorPicker("#0b6b5b", label="Accent")
