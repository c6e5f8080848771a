"""A walk by chance: progress while it is computed, a Matplotlib figure, and the numbers as a file."""

import tempfile
from pathlib import Path

import matplotlib as mpl
import numpy as np

import doorstep as ds

mpl.use("agg")
from matplotlib.figure import Figure


def walk(walkers, steps, progress=ds.Progress()):
    chance = np.random.default_rng(7)
    place = np.zeros((int(walkers), int(steps) + 1))
    for step in progress.tqdm(range(int(steps)), desc="Walking"):
        place[:, step + 1] = place[:, step] + chance.choice([-1, 1], int(walkers))
    file = Path(tempfile.mkdtemp()) / "walks.csv"
    np.savetxt(file, place.T, delimiter=",", fmt="%d")
    return drawn(place), str(file), {"furthest": int(np.abs(place).max()), "mean": float(place[:, -1].mean())}


def drawn(place):
    figure = Figure(figsize=(7, 3.4), layout="tight")
    axes = figure.subplots()
    axes.plot(place.T, linewidth=0.8)
    axes.set(xlabel="step", ylabel="place")
    return figure


app = ds.Interface(
    walk,
    [
        ds.Slider(1, 40, value=12, step=1, label="Walkers"),
        ds.Slider(10, 2000, value=400, step=10, label="Steps"),
    ],
    [ds.Plot(label="Walks"), ds.File(label="Numbers"), ds.JSON(label="Figures")],
    title="A walk by chance",
)

if __name__ == "__main__":
    app.launch()
