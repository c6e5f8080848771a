import numpy as np

import doorstep as ds

with ds.Blocks() as app:
    ds.ImageEditor(np.full((300, 500, 3), 236, "uint8"), label="Retouch", type="numpy")
