import pandas as pd

import doorstep as ds

sold = pd.DataFrame(
    {"fruit": ["apples", "pears", "plums", "figs"] * 2, "boxes": [42, 31, 18, 9, 38, 35, 22, 7]}
)
sold["year"] = ["2024"] * 4 + ["2025"] * 4

with ds.Blocks() as app:
    ds.BarPlot(sold, x="fruit", y="boxes", color="year", title="Boxes sold")
