"""Draw, and see it in a kaleidoscope while the pen moves on."""

import numpy as np

import doorstep as ds


def kaleidoscope(drawing):
    if drawing is None or drawing["composite"] is None:
        return None
    quarter = drawing["composite"][..., :3]
    half = np.minimum(quarter, quarter[:, ::-1])
    whole = np.minimum(half, half[::-1])
    return np.minimum(whole, np.rot90(whole)) if whole.shape[0] == whole.shape[1] else whole


with ds.Blocks(title="Kaleidoscope") as app:
    ds.Markdown("# Kaleidoscope\nDraw on the left.")
    with ds.Row():
        pad = ds.Paint(label="Drawing", canvas_size=(400, 400), type="numpy", image_mode="RGB")
        mirror = ds.Image(label="Mirrored")
    pad.change(kaleidoscope, pad, mirror, trigger_mode="always_last", show_progress="hidden")

if __name__ == "__main__":
    app.launch()
