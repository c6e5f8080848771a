import numpy as np

import doorstep as ds

height, width = np.mgrid[0:160, 0:240]


def waves(number):
    value = (np.sin(width / (10 + 4 * number)) + np.cos(height / (8 + 3 * number)) + 2) / 4
    return np.stack([value, value**2, 1 - value], axis=-1)


with ds.Blocks() as app:
    ds.Gallery([(waves(number), f"Waves {number}") for number in range(6)], columns=3, label="Waves")
