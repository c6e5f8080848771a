import pandas as pd

import doorstep as ds

iris = pd.DataFrame(
    {
        "length": [4.9, 5.1, 4.7, 6.4, 6.9, 5.5, 6.3, 5.8, 7.1],
        "width": [3.0, 3.5, 3.2, 3.2, 3.1, 2.3, 3.3, 2.7, 3.0],
        "species": ["setosa"] * 3 + ["versicolor"] * 3 + ["virginica"] * 3,
    }
)

with ds.Blocks() as app:
    ds.ScatterPlot(iris, x="length", y="width", color="species", title="Irises")
