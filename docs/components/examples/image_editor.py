import numpy as np

import doorstep as ds

height, width = np.mgrid[0:300, 0:500]
dunes = 150 + 60 * np.sin(width / 60 + height / 45) * height / 300
picture = np.stack([dunes + 40, dunes, 190 - dunes / 2], axis=-1).astype("uint8")

with ds.Blocks() as app:
    ds.ImageEditor(picture, label="Retouch", type="numpy", height=360)
