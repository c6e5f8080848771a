import pandas as pd

import doorstep as ds

planets = pd.DataFrame(
    {
        "planet": ["Mercury", "Venus", "Earth", "Mars"],
        "radius (km)": [2_440, 6_052, 6_371, 3_390],
        "moons": [0, 0, 1, 2],
        "rings": [False] * 4,
    }
)

with ds.Blocks() as app:
    ds.Dataframe(planets, label="Planets", interactive=True)
