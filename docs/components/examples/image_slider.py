import numpy as np

import doorstep as ds

height, width = np.mgrid[0:220, 0:360]
clear = np.stack([width * 255 // 360, height * 255 // 220, np.full_like(width, 140)], axis=-1).astype("uint8")

with ds.Blocks() as app:
    ds.ImageSlider((clear, clear // 64 * 64), label="Before and after")
