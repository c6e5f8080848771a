import pandas as pd

import doorstep as ds

days = pd.date_range("2026-01-01", periods=60, freq="D")
curve = [20 + 6 * (day % 7) / 7 + day / 6 for day in range(60)]
visits = pd.DataFrame({"day": days, "visits": curve})

with ds.Blocks() as app:
    ds.LinePlot(visits, x="day", y="visits", title="Visits a day")
