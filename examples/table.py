"""A table to look through: upload a CSV file, or change the one that is there; the plot follows."""

import pandas as pd

import doorstep as ds

PLANETS = pd.DataFrame(
    {
        "planet": ["Mercury", "Venus", "Earth", "Mars", "Jupiter", "Saturn", "Uranus", "Neptune"],
        "distance": [0.39, 0.72, 1.0, 1.52, 5.2, 9.58, 19.2, 30.05],
        "year": [0.24, 0.62, 1.0, 1.88, 11.86, 29.46, 84.01, 164.8],
    }
)


def read(path):
    try:
        return pd.read_csv(path)
    except ValueError as error:
        raise ds.Error(f"That is no table: {error}") from None


def columns(frame):
    numbers = list(frame.select_dtypes("number").columns)
    if len(numbers) < 2:
        raise ds.Error("A plot needs two columns of numbers.")
    return ds.Dropdown(numbers, value=numbers[0]), ds.Dropdown(numbers, value=numbers[1])


with ds.Blocks(title="Table") as app:
    file = ds.File(label="CSV file", file_types=[".csv"], height=110)
    frame = ds.Dataframe(PLANETS, label="Table", interactive=True, show_search="search")
    with ds.Row():
        x = ds.Dropdown(["distance", "year"], value="distance", label="Along")
        y = ds.Dropdown(["distance", "year"], value="year", label="Up")
    plot = ds.ScatterPlot(PLANETS, x="distance", y="year", label="Plot")
    file.upload(read, file, frame).success(columns, frame, [x, y])

    @ds.on([frame.change, x.change, y.change], inputs=[frame, x, y], outputs=plot)
    def draw(data, along, up):
        if not {along, up} <= set(data):
            return ds.skip()  # another table is there, and its columns are not chosen yet
        return ds.ScatterPlot(data, x=along, y=up)


if __name__ == "__main__":
    app.launch()
