import numpy as np

import doorstep as ds

height, width = np.mgrid[0:200, 0:300]
sunset = np.stack([255 - height // 2, 180 - height * 3 // 4, 90 + height // 2], axis=-1).astype("uint8")
sunset[((height - 110) / 36) ** 2 + ((width - 150) / 36) ** 2 < 1] = (255, 236, 170)

with ds.Blocks() as app, ds.Row():
    ds.Image(label="Yours", min_width=280)
    ds.Image(sunset, label="Sunset", interactive=False, min_width=280)
