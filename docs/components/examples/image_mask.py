import numpy as np

import doorstep as ds

height, width = np.mgrid[0:260, 0:420]
picture = np.stack([width * 255 // 420, height * 255 // 260, np.full_like(width, 140)], axis=-1).astype(
    "uint8"
)

with ds.Blocks() as app:
    ds.ImageMask(picture, label="What to repaint", height=340)
