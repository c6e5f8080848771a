import matplotlib as mpl

import doorstep as ds

mpl.use("agg")
import matplotlib.pyplot as plt

figure, axes = plt.subplots(figsize=(6, 3))
axes.plot([0, 1, 2, 3], [0, 1, 4, 9], marker="o")
axes.set_title("Squares")

with ds.Blocks() as app:
    ds.Plot(figure, label="Figure")
