import numpy as np

import doorstep as ds

rate = 22_050
time = np.arange(2 * rate) / rate
chord = sum(np.sin(2 * np.pi * pitch * time) for pitch in (261.6, 329.6, 392.0)) * np.exp(-time)

with ds.Blocks() as app:
    ds.Audio((rate, (chord / 3 * 32767).astype("int16")), label="A chord")
    ds.Audio(sources=["microphone", "upload"], label="Say something")
