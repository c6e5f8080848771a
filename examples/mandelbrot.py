"""A picture that is computed, and grows finer while one watches: the function is a generator."""

import numpy as np

import doorstep as ds


def mandelbrot(x, y, zoom, steps):
    height, width = 320, 480
    scale = 3 / zoom / width
    real = x + (np.arange(width) - width / 2) * scale
    imaginary = y + (np.arange(height)[:, None] - height / 2) * scale
    point = real + 1j * imaginary
    value = np.zeros_like(point)
    age = np.zeros(point.shape)
    for step in range(int(steps)):
        inside = np.abs(value) <= 2
        value[inside] = value[inside] ** 2 + point[inside]
        age += inside
        if step % 25 == 24:
            yield coloured(age / age.max())
    yield coloured(age / max(age.max(), 1))


def coloured(share):
    """(height, width) of 0 to 1 -> (height, width, 3) of bytes."""
    red, green, blue = share**0.6, share**1.4, np.sin(share * np.pi)
    return (np.stack([red, green, blue], axis=-1) * 255).astype("uint8")


app = ds.Interface(
    mandelbrot,
    [
        ds.Number(-0.6, label="x"),
        ds.Number(0.0, label="y"),
        ds.Slider(1, 200, value=1, label="Zoom"),
        ds.Slider(25, 400, value=100, step=25, label="Steps"),
    ],
    ds.Image(label="The set"),
    examples=[[-0.6, 0, 1, 100], [-0.7436, 0.1318, 120, 300]],
    title="Mandelbrot",
)

if __name__ == "__main__":
    app.launch()
