import doorstep as ds

with ds.Blocks() as app:
    count = ds.State(0)
    shown = ds.Number(0, label="Clicks")
    ds.Button("Count").click(lambda number: (number + 1, number + 1), count, [count, shown])
