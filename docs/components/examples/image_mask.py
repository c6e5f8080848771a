import numpy as np

import doorstep as ds

with ds.Blocks() as app:
    ds.ImageMask(np.full((260, 420, 3), 210, "uint8"), label="What to repaint")
