"""Conway's game of life: a generator draws, a button stops it, a state keeps the field of each visitor."""

import time

import numpy as np

import doorstep as ds


def sown(seed):
    return np.random.default_rng(int(seed)).random((48, 72)) < 0.2


def next_of(field):
    near = sum(np.roll(field, (y, x), (0, 1)) for y in (-1, 0, 1) for x in (-1, 0, 1) if (y, x) != (0, 0))
    return (near == 3) | (field & (near == 2))


def shown(field):
    return np.kron(np.where(field, 30, 235).astype("uint8"), np.ones((8, 8), "uint8"))


def live(field):
    for _ in range(500):
        field = next_of(field)
        yield field, shown(field)
        time.sleep(0.08)


with ds.Blocks(title="Life") as app:
    field = ds.State(sown(1))
    picture = ds.Image(shown(sown(1)), label="Life", format="png", interactive=False)
    with ds.Row():
        start = ds.Button("Start", variant="primary")
        stop = ds.Button("Stop", variant="stop")
        seed = ds.Number(1, label="Seed", precision=0)
    running = start.click(live, field, [field, picture], show_progress="hidden")
    stop.click(None, cancels=running)
    seed.change(lambda number: (sown(number), shown(sown(number))), seed, [field, picture], cancels=running)

if __name__ == "__main__":
    app.launch()
