import numpy as np

import doorstep as ds

height, width = np.mgrid[0:240, 0:360]
picture = np.stack([height * 255 // 240, width * 255 // 360, np.full_like(height, 150)], axis=-1).astype(
    "uint8"
)
disc = (((height - 120) / 70) ** 2 + ((width - 120) / 70) ** 2 < 1).astype(float)

with ds.Blocks() as app:
    ds.AnnotatedImage((picture, [(disc, "disc"), ((220, 60, 320, 160), "box")]), label="Found")
