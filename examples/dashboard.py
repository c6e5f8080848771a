"""Plots that follow a choice, and a number that follows the clock."""

import numpy as np
import pandas as pd

import doorstep as ds

CITIES = {"Oslo": 5.0, "Lisbon": 17.0, "Cairo": 22.0}


def weather(city):
    """A year of made-up temperatures, the same each time."""
    chance = np.random.default_rng(len(city))
    day = np.arange(365)
    degrees = CITIES[city] - 9 * np.cos(day / 365 * 2 * np.pi) + chance.normal(0, 2, 365)
    return pd.DataFrame({"day": pd.date_range("2025-01-01", periods=365), "degrees": degrees.round(1)})


def show(city):
    year = weather(city)
    year["month"] = year["day"].dt.strftime("%m")
    month = year.groupby("month", as_index=False)["degrees"].mean()
    summary = year["degrees"].describe().round(1).reset_index()
    summary.columns = ["figure", "degrees"]
    return year, month.round(1), summary


with ds.Blocks(title="Weather") as app:
    with ds.Row():
        city = ds.Dropdown(list(CITIES), value="Oslo", label="City")
        visits = ds.Number(0, label="Seconds on this page", interactive=False)
    line = ds.LinePlot(x="day", y="degrees", title="Each day", height=260)
    with ds.Row():
        bars = ds.BarPlot(x="month", y="degrees", title="Each month", height=260)
        table = ds.Dataframe(label="Summary")
    for trigger in (app.load, city.change):
        trigger(show, city, [line, bars, table])
    ds.Timer(1).tick(lambda count: count + 1, visits, visits, show_progress="hidden")

if __name__ == "__main__":
    app.launch()
